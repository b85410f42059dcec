# SPDX-License-Identifier: GPL-2.0-only
"""Debian's kernel source packages, found and fetched by apt.

An archive is the machine's own (its sources.list), or one suite of Debian that
the machine need not know: "linux-source-7.3@trixie-backports".  apt checks the
suite's signature with Debian's keyring; its lists lie beside the unpacked
sources, and nothing of the machine's own configuration is touched.
"""

import json
import os
import re
import subprocess
import time

from errors import BadInput, HarnessError

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
MIRROR = "http://deb.debian.org/debian/"
LISTS_LAST = 24 * 3600      # seconds until a suite's lists are fetched again


def command(args, **kwargs):
    try:
        return subprocess.run(args, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True,
                              stdin=subprocess.DEVNULL, errors="replace",
                              env=dict(os.environ, LC_ALL="C"), **kwargs)
    except FileNotFoundError:
        raise HarnessError("%s is not installed" % args[0]) from None


def mirror():
    """The machine's own mirror of Debian, if it has one."""
    done = command(["apt-get", "indextargets", "--format", "$(REPO_URI)"])
    for uri in done.stdout.split():
        if uri.rstrip("/").endswith("/debian"):
            return uri
    return MIRROR


def mtime_ns(path):
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


class Archive:
    """What this machine's apt knows."""

    options = ()
    lists = "/var/lib/apt/lists"
    name = "apt's lists"

    def __init__(self, folder):
        self.folder = folder

    def memo(self, package):
        return os.path.join(self.folder, "newest-%s.json" % package)

    def apt(self, tool, *args, **kwargs):
        return command([tool, *self.options, *args], **kwargs)

    def update(self):
        self.apt("apt-get", "-qq", "update")

    def versions(self, package):
        done = self.apt("apt-cache", "madison", package)
        return list(dict.fromkeys(
            line.split("|")[1].strip() for line in done.stdout.splitlines()
            if line.count("|") >= 2 and "Sources" not in line.split("|")[2]))

    def newest_version(self, package):
        """The version that apt would install, remembered while its lists stay."""
        try:
            with open(self.memo(package), encoding="utf-8") as f:
                known = json.load(f)
            if known["stamp"] == mtime_ns(self.lists):
                return known["version"]
        except (OSError, ValueError, KeyError):
            pass
        versions = self.versions(package)
        if not versions:
            self.update()
            versions = self.versions(package)
        if not versions:
            raise BadInput("no package %s in %s" % (package, self.name))
        done = self.apt("apt-cache", "policy", package)
        m = re.search(r"Candidate: (\S+)", done.stdout)
        version = m.group(1) if m and m.group(1) in versions else versions[0]
        self.remember(package, version)
        return version

    def remember(self, package, version):
        memo = self.memo(package)
        temp = "%s.%d" % (memo, os.getpid())
        os.makedirs(os.path.dirname(memo), exist_ok=True)
        with open(temp, "w", encoding="utf-8") as f:
            json.dump({"stamp": mtime_ns(self.lists), "version": version}, f)
        os.rename(temp, memo)

    def download(self, package, version, folder):
        """apt-get download into folder; the path of the .deb."""
        wanted = "%s=%s" % (package, version)
        if os.geteuid() == 0:
            # apt drops to the user _apt, who must be able to write.
            os.chmod(folder, 0o777)
        for attempt in (0, 1):
            done = self.apt("apt-get", "-q", "download", wanted, cwd=folder)
            debs = [n for n in os.listdir(folder) if n.endswith(".deb")]
            if not done.returncode and debs:
                return os.path.join(folder, debs[0])
            if not attempt:
                self.update()
        raise BadInput("%s %s is not on the mirror; there: %s" % (
            package, version, " ".join(self.versions(package)) or "none"))


class Suite(Archive):
    """One suite, whatever this machine's own is."""

    def __init__(self, folder, suite):
        super().__init__(os.path.join(folder, "suite-" + suite))
        self.suite = suite
        self.name = "Debian's suite " + suite
        self.lists = os.path.join(self.folder, "lists")
        self.options = ("-o", "Dir::Etc::sourcelist=%s/sources.list" % self.folder,
                        "-o", "Dir::Etc::sourceparts=/dev/null",
                        "-o", "Dir::Etc::preferencesparts=/dev/null",
                        "-o", "Dir::State::lists=%s" % self.lists,
                        "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=")
        if time.time() - mtime_ns(self.lists) / 1e9 > LISTS_LAST:
            self.update()

    def update(self):
        os.makedirs(os.path.join(self.lists, "partial"), exist_ok=True)
        with open(self.folder + "/sources.list", "w", encoding="utf-8") as f:
            f.write("deb [signed-by=%s] %s %s main\n" % (KEYRING, mirror(), self.suite))
        done = self.apt("apt-get", "-q", "update", "--error-on=any")
        if done.returncode:
            lines = [x for x in done.stderr.splitlines() if x.startswith("E:")] or ["E: apt-get update failed"]
            raise BadInput("%s: %s" % (self.name, lines[0][3:]))
        os.utime(self.lists)


def parse(wanted, folder):
    """(archive, package, version or "") of PKG[@SUITE][=VERSION]."""
    name, _, version = wanted.partition("=")
    package, at, suite = name.partition("@")
    if "@" in version:
        raise BadInput("%s: the suite comes before the version: PKG@SUITE=VERSION" % wanted)
    if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", package):
        raise BadInput("%s: not a package name" % package)
    if not at:
        return Archive(folder), package, version
    if not re.fullmatch(r"[a-z][a-z0-9-]*", suite):
        raise BadInput("%s: not the name of a suite" % suite)
    return Suite(folder, suite), package, version
