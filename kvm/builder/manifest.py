# SPDX-License-Identifier: GPL-2.0-only
"""The manifest of a variant: what exactly it was made from.

The identity is a hash over what decides what a run does: kernel files,
patches, rules, configuration, environment, simulator, flags, compiler.  Names,
class, folders, time, optimisation and flavour are not part of it, so that two
builds of the same code say so.
"""

import json
import os
import re
import time

from compile import KERNEL_FLAGS, OUR_KERNEL_FLAGS, relative_name
from objects import sha256_text

VERSION = 1


def identity_of(source, edits, kernel_files, our_files, simulator, compiler):
    described = {k: v for k, v in source.description.items()
                 if k not in ("dir", "repository")}
    return sha256_text(json.dumps({
        "version": VERSION,
        "source": described,
        "edits": [[e["kind"], e["sha256"]] for e in edits],
        "kernel_files": kernel_files,
        "environment": our_files,
        "simulator": simulator,
        "flags": list(KERNEL_FLAGS) + list(OUR_KERNEL_FLAGS),
        "compiler": compiler,
    }, sort_keys=True))[:16]


def hashed_files(jobs, paths, hashes):
    """sha256 of the kernel's files and of ours, by relative name."""
    kernel, ours = {}, {}
    for path in {path for job in jobs for path in job.deps}:
        real = os.path.normpath(path)
        name = relative_name(path, paths)
        if real.startswith(paths.tree + "/"):
            kernel[name] = hashes.get(path)
        elif real.startswith(paths.repo + "/kvm/"):
            ours[name] = hashes.get(path)
    return dict(sorted(kernel.items())), dict(sorted(ours.items()))


def make(request, source, edits, kernel_files, our_files, simulator, compiler,
         flags, resolution):
    return {
        "version": VERSION,
        "name": request.name,
        "class": request.klass,
        "flavour": request.flavour,
        "optimize": request.optimize,
        "identity": identity_of(source, edits, kernel_files, our_files,
                                simulator, compiler),
        "simulator": simulator,
        "time": int(time.time()),
        "source": source.description,
        "source_root": source.root,
        "request": request.again(source),
        "edits": [{k: e[k] for k in
                   ("kind", "name", "sha256", "files", "skipped")}
                  for e in edits],
        "compiler": compiler,
        "flags": flags,
        "implemented": resolution.implemented,
        "noops": {n: {"returns": a, "reason": r}
                  for n, (a, r) in resolution.noops.items()},
        "traps": resolution.traps,
        "libc": resolution.libc,
        "counts": {"implemented": len(resolution.implemented),
                   "noop": len(resolution.noops),
                   "trap": len(resolution.traps)},
        "environment": our_files,
        "kernel_files": kernel_files,
    }


def variants_folder(build):
    return os.path.join(build, "variants")


# What is read of one; a manifest that lacks some of it is damaged.
FIELDS = {"name": str, "identity": str, "class": str, "flavour": str, "optimize": int, "compiler": str,
          "source": dict, "edits": list, "counts": dict, "kernel_files": dict}
SOURCE = {"deb": ("package", "version"), "git": ("rev",), "tree": ("dir",)}


def is_whole(m):
    if not isinstance(m, dict) or not all(isinstance(m.get(k), t) for k, t in FIELDS.items()):
        return False
    kind = m["source"].get("kind")
    return (isinstance(kind, str) and all(isinstance(m["source"].get(k), str) for k in SOURCE.get(kind, ("",))) and
            all(isinstance(m["counts"].get(k), int) for k in ("implemented", "noop", "trap")) and
            all(isinstance(e, dict) and all(isinstance(e.get(k), str) for k in ("kind", "name", "sha256")) and
                isinstance(e.get("files"), list) and all(isinstance(f, str) for f in e["files"]) for e in m["edits"]))


def source_folders(m, build):
    """Where what it was compiled from lies: what patches and rules changed, the tree, what was generated, ours."""
    work = os.path.join(build, "work", m["name"])
    folders = [os.path.join(work, "mirror")] if m["edits"] else []
    folders += [m.get("source_root") or "", work, os.path.dirname(os.path.dirname(os.path.dirname(
        os.path.abspath(__file__))))]
    return [os.path.abspath(f) for f in folders if f and os.path.isdir(f)]


def load(build, name):
    """A variant's manifest, or None: there is none, or it is damaged."""
    try:
        with open(os.path.join(variants_folder(build), name,
                               "manifest.json"), encoding="utf-8") as f:
            found = json.load(f)
    except (OSError, ValueError, RecursionError):
        return None
    return found if is_whole(found) and found["name"] == name else None


def load_all(build):
    try:
        names = sorted(os.listdir(variants_folder(build)))
    except OSError:
        return []
    found = [load(build, n) for n in names if not n.startswith(".")]
    return [m for m in found if m]


def flavours(build, name):
    folder = os.path.join(variants_folder(build), name)
    return sorted(n for n in os.listdir(folder)
                  if os.path.exists(os.path.join(folder, n, "kvm-world.o")))


def traps_hit(build, name):
    try:
        with open(os.path.join(variants_folder(build), name, "traps.log"),
                  encoding="utf-8") as f:
            return sorted(set(f.read().split()))
    except OSError:
        return []


def forget_traps(build, name):
    """What the runs of an earlier build hit need not be a trap any more."""
    try:
        os.unlink(os.path.join(variants_folder(build), name, "traps.log"))
    except FileNotFoundError:
        pass


def source_text(source):
    if source["kind"] == "deb":
        return "%s %s" % (source["package"], source["version"])
    if source["kind"] == "git":
        return "git %s" % source["rev"][:12]
    return "tree %s" % source["dir"]


def brief(m, build):
    """What "list --json" says of a variant."""
    return {"name": m["name"], "class": m["class"], "identity": m["identity"],
            "source": m["source"],
            "edits": [e["name"] for e in m["edits"]],
            "flavours": flavours(build, m["name"]),
            "flavour": m["flavour"], "optimize": m["optimize"]}


def line(m, build):
    """What "list" says of a variant."""
    edits = "".join(" + " + e["name"] for e in m["edits"])
    return "%-20s %s  %-15s %s%s  (%s)" % (
        m["name"], m["identity"], m["class"], source_text(m["source"]), edits,
        ", ".join(flavours(build, m["name"])))


def summary(m, build):
    """What "show" prints."""
    hit = traps_hit(build, m["name"])
    out = ["name         %s" % m["name"],
           "class        %s" % m["class"],
           "identity     %s" % m["identity"],
           "source       %s" % source_text(m["source"])]
    for e in m["edits"]:
        out.append("%-12s %s (sha256 %s) in %s" % (
            e["kind"], e["name"], e["sha256"][:16],
            ", ".join(e["files"]) or "no compiled file"))
    out += ["flavours     %s" % ", ".join(flavours(build, m["name"])),
            "optimize     -O%d" % m["optimize"],
            "compiler     %s" % m["compiler"],
            "kernel files %d" % len(m["kernel_files"]),
            "symbols      %d implemented, %d no-ops, %d traps" % (
                m["counts"]["implemented"], m["counts"]["noop"],
                m["counts"]["trap"]),
            "traps hit    %s" % (" ".join(hit) or "none")]
    return "\n".join(out)


def is_valid_name(name):
    return bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}", name))
