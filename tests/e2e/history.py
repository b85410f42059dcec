# SPDX-License-Identifier: GPL-2.0-only
"""A git history made out of an unpacked kernel tree: a commit for each edit.

Edits are rules (variants/rules), or texts that are added to files; nothing of the
kernel is kept, the repository goes with the test.
"""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(ROOT, "kvm/builder"))

import overlay  # noqa: E402
from compile import NEEDED  # noqa: E402

IDENTITY = {"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@t", "GIT_COMMITTER_NAME": "t",
            "GIT_COMMITTER_EMAIL": "t@t", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
            "GIT_AUTHOR_DATE": "1000000000 +0000", "GIT_COMMITTER_DATE": "1000000000 +0000"}


class History:
    """The repository at @folder, whose first commit is @tree as it is."""

    def __init__(self, tree, folder):
        self.folder, self.commits = folder, {}
        for rel in NEEDED:
            place = os.path.join(folder, os.path.dirname(rel))
            os.makedirs(place, exist_ok=True)
            if os.path.exists(os.path.join(tree, rel)):
                subprocess.run(["cp", "-r", "--no-preserve=mode", os.path.join(tree, rel), place], check=True)
        self.git("init", "-q")
        self.commit("base")

    def git(self, *words):
        return subprocess.run(["git", "-C", self.folder, *words], check=True, text=True, stdout=subprocess.PIPE,
                              env=dict(os.environ, **IDENTITY)).stdout.strip()

    def commit(self, name):
        self.git("add", "-A")
        self.git("-c", "gc.auto=0", "commit", "-q", "-m", name)
        self.commits[name] = self.git("rev-parse", "HEAD")

    def add(self, name, rel, text):
        """A commit that adds @text at the end of a file."""
        with open(os.path.join(self.folder, rel), "a", encoding="utf-8") as f:
            f.write(text)
        self.commit(name)

    def rule(self, name, rule):
        """A commit that applies a rule; what it puts behind a brace becomes a line of its own."""
        edits = overlay.Edits(self.folder)
        edits.add_rule(os.path.join(ROOT, "variants/rules", rule + ".rule"))
        for rel, text in edits.files.items():
            text = re.sub(r"^\{ (?=\S)", "{\n", text, flags=re.M)
            with open(os.path.join(self.folder, rel), "w", encoding="utf-8", errors="surrogateescape") as f:
                f.write(text)
        self.commit(name)

    def undo(self, name):
        """A commit that takes the last one back."""
        self.git("revert", "--no-commit", "HEAD")
        self.commit(name)

    def bring(self, name, tree, *rels):
        """A commit with files as another tree has them; one that only it has is added."""
        for rel in rels:
            place = os.path.join(self.folder, os.path.dirname(rel))
            os.makedirs(place, exist_ok=True)
            subprocess.run(["cp", "--no-preserve=mode", os.path.join(tree, rel), place], check=True)
        self.commit(name)
