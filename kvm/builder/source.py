# SPDX-License-Identifier: GPL-2.0-only
"""Where a variant's kernel source comes from.

Three kinds: a Debian package (fetched with apt, unpacked once, cached), a
working tree used in place, and a git revision (exported without touching the
checkout, cached by commit).  Cached sources are complete or absent: they are
unpacked beside their place and renamed.  A working tree is never written to.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile

import debian
from compile import NEEDED
from debian import command
from errors import BadInput

# Parts of include/ that no compiled file wants; a third of its files.
SKIP = ("include/dt-bindings", "include/sound", "include/media",
        "include/drm")



class Source:
    """A source tree that is ready to be read, and what it is called."""

    def __init__(self, root, description):
        self.root = root
        self.description = description


def cache_folder(build):
    """A source unpacked for another list of paths would lack files: a folder for each list."""
    paths = hashlib.sha256(" ".join(NEEDED).encode()).hexdigest()[:8]
    return os.path.join(os.environ.get("LAPICSIM_CACHE") or build, "sources", paths)


def from_tree(folder):
    root = os.path.abspath(folder)
    if not os.path.isdir(root):
        raise BadInput("%s: no such folder" % folder)
    if not os.path.isdir(os.path.join(root, "arch/x86/kvm")):
        raise BadInput("%s: not a kernel tree: arch/x86/kvm is missing"
                       % folder)
    return Source(root, {"kind": "tree", "dir": root})


def unpack_into(place, unpack):
    """Fill the folder place by calling unpack(folder), all or nothing."""
    parent = os.path.dirname(place)
    os.makedirs(parent, exist_ok=True)
    with open(place + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.isdir(place):
            return
        temp = tempfile.mkdtemp(prefix=".unpack-", dir=parent)
        try:
            unpack(temp)
            if not os.path.isdir(os.path.join(temp, "arch/x86/kvm")):
                raise BadInput("no kernel source in it: arch/x86/kvm "
                               "is missing")
            os.chmod(temp, 0o755)
            os.rename(temp, place)
        finally:
            shutil.rmtree(temp, ignore_errors=True)


# Git.

def resolve_revision(repository, revision):
    done = command(["git", "-C", repository, "rev-parse", "--verify",
                    "--quiet", "--end-of-options", revision + "^{commit}"])
    if done.returncode:
        if not os.path.isdir(repository):
            raise BadInput("%s: no such folder" % repository)
        raise BadInput("%s: no revision %s" % (repository, revision))
    return done.stdout.strip()


def from_git(repository, revision, build):
    commit = resolve_revision(repository, revision)
    place = os.path.join(cache_folder(build), "git-" + commit)

    def unpack(folder):
        done = command(["git", "-C", repository, "ls-tree", "--name-only",
                        commit, "--"] + list(NEEDED))
        have = done.stdout.split("\n")[:-1]
        if "arch/x86/kvm" not in have:
            raise BadInput("%s: revision %s has no arch/x86/kvm"
                           % (repository, revision))
        archive = subprocess.Popen(
            ["git", "-C", repository, "archive", "--format=tar", commit,
             "--"] + have, stdout=subprocess.PIPE)
        tar = subprocess.run(["tar", "-x", "-C", folder],
                             stdin=archive.stdout, check=False)
        archive.stdout.close()
        if archive.wait() or tar.returncode:
            raise BadInput("%s: git archive of %s failed"
                           % (repository, revision))

    if not os.path.isdir(place):
        unpack_into(place, unpack)
    return Source(place, {"kind": "git", "repository":
                          os.path.abspath(repository), "rev": commit})


# Debian packages.

def unpack_deb(deb, folder):
    """The needed part of linux-source's tarball."""
    outer = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb],
                             stdout=subprocess.PIPE)
    middle = subprocess.Popen(
        ["tar", "-xO", "--wildcards", "./usr/src/linux-source-*.tar.xz"],
        stdin=outer.stdout, stdout=subprocess.PIPE)
    outer.stdout.close()
    args = ["tar", "-x", "-C", folder, "--strip-components=1",
            "--wildcards", "--no-wildcards-match-slash"]
    args += ["--exclude=*/%s" % s for s in SKIP]
    # A name that is not in the tarball makes tar fail: what is needed and
    # missing is reported by whoever needs it.
    args += ["linux-source-*/%s" % n for n in NEEDED]
    inner = subprocess.Popen(args, stdin=subprocess.PIPE,
                             stderr=subprocess.PIPE)
    if shutil.which("xz"):
        xz = subprocess.Popen(["xz", "-dc", "-T0"], stdin=middle.stdout,
                              stdout=inner.stdin)
        inner.stdin.close()
        inner.stdin = None
        errors = inner.stderr.read().decode(errors="replace")
        failed = xz.wait()
    else:
        import lzma
        failed = 0
        try:
            with lzma.open(middle.stdout) as f:
                shutil.copyfileobj(f, inner.stdin, 1 << 20)
        except (lzma.LZMAError, EOFError, BrokenPipeError):
            failed = 1
        inner.stdin.close()
        inner.stdin = None
        errors = inner.stderr.read().decode(errors="replace")
    middle.stdout.close()
    inner.wait()
    if failed or middle.wait() or outer.wait():
        raise BadInput("%s: cannot unpack the kernel source in it: %s"
                       % (deb, errors.strip().split("\n")[0]))


def from_deb(wanted, build):
    """wanted: PKG[@SUITE][=VERSION], or the path of a .deb file."""
    if wanted.endswith(".deb") or "/" in wanted:
        if not os.path.isfile(wanted):
            raise BadInput("%s: no such file" % wanted)
        done = command(["dpkg-deb", "-f", wanted, "Package", "Version"])
        m = re.search(r"Package: (\S+)\nVersion: (\S+)", done.stdout)
        if not m:
            raise BadInput("%s: not a Debian package" % wanted)
        package, version = m.groups()
        path = os.path.abspath(wanted)
    else:
        archive, package, version = debian.parse(wanted, cache_folder(build))
        version = version or archive.newest_version(package)
        path = None
    place = os.path.join(cache_folder(build), "deb-%s-%s" % (
        package, version.replace(":", "%3a").replace("/", "_")))

    def unpack(folder):
        with tempfile.TemporaryDirectory() as temp:
            deb = path or archive.download(package, version, temp)
            unpack_deb(deb, folder)

    if not os.path.isdir(place):
        try:
            unpack_into(place, unpack)
        except BadInput as e:
            if "no kernel source" in str(e):
                raise BadInput("%s %s: %s" % (package, version, e)) from None
            raise
    return Source(place, {"kind": "deb", "package": package,
                          "version": version})
