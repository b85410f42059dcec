# SPDX-License-Identifier: GPL-2.0-only
"""Is a variant up to date?  Answered by stat() alone, with few imports.

After a good build the command line, the request, and the size and
modification time of every file that went into it and of every result are
kept; also which files lie in our folders, and which optional kernel files do
not exist.  A later "add" that finds all of it the same has nothing to do.
The record is marshalled: another Python may not read it, and then the slow
way is taken.
"""

import marshal
import os

# Our folders in which a new file may change the result.
OUR_FOLDERS = ("kvm", "sim")
SUFFIXES = (".c", ".h", ".S", ".tbl", ".py", ".lds")

# Changes when "apt-get update" found something: newest may mean another.
APT_LISTS = "/var/lib/apt/lists"


def stamp(path):
    try:
        st = os.stat(path)
    except OSError:
        return None
    return (st.st_mtime_ns, st.st_size)


def our_files(repo):
    out = []
    stack = [os.path.join(repo, top) for top in OUR_FOLDERS]
    while stack:
        try:
            entries = list(os.scandir(stack.pop()))
        except OSError:
            continue
        for e in entries:
            if e.is_dir(follow_symlinks=False):
                if e.name != "__pycache__":
                    stack.append(e.path)
            elif e.name.endswith(SUFFIXES):
                out.append(e.path)
    return sorted(out)


def surroundings():
    """What else decides about a build."""
    return [os.getcwd(), os.environ.get("CC"), os.environ.get("PATH"),
            os.environ.get("LAPICSIM_CACHE")]


def state_path(build, name, flavour):
    return os.path.join(build, "variants", name, flavour, "state")


def load(build, name, flavour):
    """What was kept of the last good build, if it is still true."""
    try:
        with open(state_path(build, name, flavour), "rb") as f:
            known = marshal.load(f)
        if known["ours"] != our_files(known["repo"]):
            return None
        if all(stamp(p) == s for p, s in known["files"].items()):
            return known
    except (OSError, ValueError, EOFError, TypeError, KeyError):
        pass
    return None


def lock(build, name):
    """One builder per variant at a time; released when we exit."""
    import fcntl
    folder = os.path.join(build, "work")
    os.makedirs(folder, exist_ok=True)
    f = open(os.path.join(folder, ".%s.lock" % name), "w", encoding="utf-8")
    fcntl.flock(f, fcntl.LOCK_EX)
    return f


def option(argv, name, default):
    """The value of an option in a raw command line."""
    for i, arg in enumerate(argv):
        if arg == name and i + 1 < len(argv):
            default = argv[i + 1]
        elif arg.startswith(name + "="):
            default = arg[len(name) + 1:]
    return default


def quick_answer(argv, repo):
    """The known answer to exactly this "add" line, or None.

    A git revision that is a name may have moved, so it goes the long way.
    """
    if len(argv) < 2 or argv[0] != "add" or "-h" in argv or "--help" in argv:
        return None
    rev = option(argv, "--rev", None)
    if rev is not None and (len(rev) != 40 or rev.strip("0123456789abcdef")):
        return None
    build = os.path.abspath(option(argv, "--build",
                                   os.path.join(repo, "build")))
    flavour = option(argv, "--flavour", "plain")
    known = load(build, argv[1], flavour)
    if known and known["repo"] == repo and \
            known["line"] == [argv, surroundings()]:
        return known["answer"]
    return None


def save(build, name, flavour, repo, asked, argv, answer, files):
    """Remember a good build.  files: all inputs and results."""
    ours = our_files(repo)
    path = state_path(build, name, flavour)
    known = {"repo": repo, "asked": asked, "line": [argv, surroundings()],
             "answer": answer, "ours": ours,
             "files": {p: stamp(p) for p in
                       sorted(set(files) | set(ours) | {APT_LISTS})}}
    tmp = "%s.%d" % (path, os.getpid())
    with open(tmp, "wb") as f:
        marshal.dump(known, f)
    os.rename(tmp, path)
