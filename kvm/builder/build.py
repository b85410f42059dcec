# SPDX-License-Identifier: GPL-2.0-only
"""Building one variant: source, headers, objects, symbols, link, manifest.

Everything is made in build/work/NAME and moved to build/variants/NAME when
the whole is good, so that an error leaves the variant as it was.  state.py
answers for a variant that is up to date before any of this is loaded.
"""

import os
import shutil
import subprocess
import time

import compile as comp
import genhdr
import link
import manifest
import overlay
import precompile
import probes
import source
import symbols
from errors import BadInput, HarnessError
from objects import FileHashes, Job, ObjectStore, changed_since, \
    sha256_text, write_atomically


class Request:
    """What the user asked for, with absolute paths."""

    def __init__(self, args, repo, build):
        self.repo = repo
        self.build = build
        self.name = args.name
        self.deb, self.tree = args.deb, args.tree
        self.git, self.rev = args.git, args.rev
        self.patches = [os.path.abspath(p) for p in args.patch]
        self.rules = [find_rule(r, repo) for r in args.rule]
        self.mutate = args.mutate
        self.flavour = args.flavour
        self.optimize = args.optimize
        self.klass = args.klass
        self.verbose = args.verbose
        self.identity = getattr(args, "identity", None)

    def again(self, source):
        """What to ask for to get another flavour of the same code."""
        deb, rev = self.deb, self.rev
        if deb and not deb.endswith(".deb") and "/" not in deb:
            deb = "%s=%s" % (deb.split("=")[0],
                             source.description["version"])
        elif deb:
            deb = os.path.abspath(deb)
        if self.git:
            rev = source.description["rev"]
        return {"deb": deb, "tree": self.tree and os.path.abspath(self.tree),
                "git": self.git and os.path.abspath(self.git), "rev": rev,
                "patch": self.patches, "rule": self.rules,
                "mutate": self.mutate, "optimize": self.optimize,
                "klass": self.klass}

    @property
    def folder(self):
        return os.path.join(manifest.variants_folder(self.build), self.name)


def find_rule(name, repo):
    """A rule file, or the name of one in variants/rules."""
    if os.path.exists(name):
        return os.path.abspath(name)
    named = os.path.join(repo, "variants/rules", name)
    for path in (named, named + ".rule"):
        if os.path.isfile(path):
            return path
    raise BadInput("%s: no such rule" % name)


def compiler_identity(compiler):
    done = subprocess.run([compiler, "--version"], stdout=subprocess.PIPE,
                          text=True, check=False,
                          env=dict(os.environ, LC_ALL="C"))
    if done.returncode:
        raise HarnessError("%s does not work" % compiler)
    return done.stdout.split("\n")[0]


def get_source(request):
    if request.deb:
        return source.from_deb(request.deb, request.build)
    if request.git:
        return source.from_git(request.git, request.rev, request.build)
    return source.from_tree(request.tree)


class Builder:
    """One build of one request."""

    def __init__(self, request):
        self.request = request
        self.compiler = os.environ.get("CC") or "gcc"
        self.compiler_id = compiler_identity(self.compiler)
        self.work = os.path.join(request.build, "work", request.name)
        self.out = os.path.join(self.work, request.flavour)
        self.watched = []
        self.mutants = []

    def say(self, text):
        if self.request.verbose:
            os.write(2, ("lapicsim: %s\n" % text).encode())

    def run(self):
        request = self.request
        self.source = get_source(request)
        self.say("source %s" % self.source.root)
        self.started = time.time_ns()
        edits = overlay.Edits(self.source.root)
        for path in request.patches:
            edits.add_patch(path)
        for path in request.rules:
            edits.add_rule(path)
        if request.mutate:
            self.add_mutants(edits)
        self.edits = edits.applied
        # In a mirror these are ours; the tree's own must be watched too.
        self.watched = [os.path.join(self.source.root, r)
                        for r in edits.files]
        self.open_tree(edits, "mirror", "gen")
        kvm, ours, simulator = self.compile_all()
        resolution = self.resolve(kvm, ours)
        kernel_world = self.link_kernel_world(kvm + ours, resolution)
        m = self.describe(kvm + ours, resolution)
        if request.identity not in (None, m["identity"]):
            raise BadInput("%s: its source, or lapicsim, has changed since "
                           "it was built; add it again" % request.name)
        runner = self.link_runner(simulator, kernel_world, m)
        self.check_unchanged()
        self.install(kernel_world, runner, m)
        self.say("%d files compiled" % self.store.compiled)
        return m, runner is not None

    def check_unchanged(self):
        """Who goes on editing gets no variant of half of it, that would pass for one of all."""
        request = self.request
        path = changed_since(self.used + self.watched + request.patches + request.rules, self.started, self.work)
        if path:
            raise BadInput("%s was changed while %s was built; the same command builds it as it is now" % (
                path, request.name))

    def open_tree(self, edits, mirror, gen):
        """The edited tree with generated headers: sets paths and store."""
        request, tree = self.request, self.source.root
        os.makedirs(self.out, exist_ok=True)
        if edits.files:
            tree = overlay.mirror(tree, edits.files,
                                  os.path.join(self.work, mirror))
        self.paths = comp.Paths(request.repo, tree,
                                os.path.join(self.work, gen), self.out)
        # The mirror is complete by now; headers and objects are still to be made.
        hashes = FileHashes(os.path.join(self.work, "hashes.json"),
                            (self.paths.gen, self.out))
        self.store = ObjectStore(os.path.join(request.build, "objects"),
                                 self.compiler, self.compiler_id,
                                 self.paths.roots(), hashes,
                                 request.repo, self.started, self.work)
        self.generate_headers()

    def add_mutants(self, edits):
        """The last edit: files with all their mutants (kvm/mutate/)."""
        import sys
        sys.path.append(os.path.join(self.request.repo, "kvm"))
        from mutate import stage
        self.open_tree(edits, "mutants/mirror", "mutants/gen")

        def flags(rel):
            return comp.kernel_flags(self.paths, os.path.basename(rel)[:-2],
                                     self.request.optimize, "plain", True,
                                     False)
        self.mutants = edits.add_mutants(self.request.mutate, stage.Stage(
            self.compiler, flags, os.path.join(self.work, "mutants"),
            self.request.repo))
        self.say("%d mutants" % len(self.mutants))

    def fail(self, job, in_tree):
        comp.report_failure(job, self.store.stderr.get(job.label, ""),
                            self.paths, in_tree)

    def generate_headers(self):
        def to_assembly(rel):
            flags = comp.kernel_flags(self.paths, "bounds", 2, "plain", True,
                                      False)
            job = Job(os.path.join(self.paths.tree, rel), flags,
                      os.path.join(self.out, "bounds.s"), rel,
                      comp.shim_names(self.paths.repo), "-S")
            if not self.store.build(job):
                self.fail(job, True)
            with open(job.output, encoding="utf-8") as f:
                return f.read()
        genhdr.generate(self.paths.tree, self.paths.gen, to_assembly)
        precompile.write_header(self.paths)

    def compile_all(self):
        """Both worlds; returns KVM's, our and the simulator's jobs."""
        request = self.request
        pch = precompile.PrecompiledHeader(self.paths, self.store,
                                           request.optimize, request.flavour)
        kvm, ours = comp.kernel_jobs(self.paths, request.optimize,
                                     request.flavour, pch.deps)
        simulator = []
        if os.path.exists(os.path.join(request.repo, "sim/runner.c")):
            simulator = comp.simulator_jobs(self.paths, request.flavour,
                                            request.optimize)

        def missing(jobs):
            return sum(not self.store.find(j) for j in jobs)

        def prepare():
            if missing(kvm) > precompile.WORTH_IT:
                pch.make()
            probes.generate(
                os.path.join(self.paths.repo, "kvm/probes.tbl"), self.paths,
                self.store, self.compiler,
                comp.shim_names(self.paths.repo), pch.deps)
            if missing(ours) > precompile.WORTH_IT:
                pch.make()

        pch.remove()
        try:
            failed = self.store.build_all(kvm + ours + simulator,
                                          os.cpu_count() or 1, prepare, 1)
        finally:
            pch.remove()
        if failed:
            self.fail(failed, failed not in simulator)
        self.show_warnings([j.label for j in ours + simulator])
        return kvm, ours, simulator

    def show_warnings(self, ours):
        """Warnings of our files go to stderr, those of KVM's to a file."""
        kept = []
        for label, text in sorted(self.store.stderr.items()):
            if label in ours:
                os.write(2, text.encode())
            else:
                kept.append(text)
        path = os.path.join(self.out, "warnings.txt")
        if kept:
            write_atomically(path, "".join(kept))
            self.say("the compiler's warnings about KVM's files: " + path)
        self.store.stderr.clear()

    def resolve(self, kvm, ours):
        table = symbols.parse_table(
            os.path.join(self.request.repo, "kvm/symbols.tbl"))
        return symbols.resolve([(j.output, j.label, True) for j in kvm] +
                               [(j.output, j.label, False) for j in ours],
                               table, self.request.flavour)

    def link_kernel_world(self, jobs, resolution):
        stubs = os.path.join(self.out, "stubs")
        write_atomically(stubs + ".s", symbols.stub_assembly(resolution))
        link.run([self.compiler, "-c", "-o", stubs + ".o", stubs + ".s"],
                 "assemble the stubs")
        output = os.path.join(self.out, "kvm-world.o")
        objects = sorted(j.output for j in jobs)
        self.hot = link.parse_hot(os.path.join(self.request.repo,
                                               "kvm/hot.tbl"))
        link.link_kernel_world(objects + [stubs + ".o"], self.hot, output)
        return output

    def describe(self, jobs, resolution):
        request = self.request
        kernel, ours = manifest.hashed_files(jobs, self.paths,
                                             self.store.hashes)
        for table in ("kvm/symbols.tbl", "kvm/hot.tbl"):
            ours[table] = self.store.hashes.get(
                os.path.join(request.repo, table))
        flags = [self.store.portable(f) for f in comp.kernel_flags(
            self.paths, "NAME", request.optimize, request.flavour, True)]
        self.used = sorted({d for j in jobs for d in j.deps})
        used = set(kernel)
        for e in self.edits:
            if not used.intersection(e["files"]):
                os.write(2, ("lapicsim: warning: %s changes no file that is "
                             "compiled\n" % e["name"]).encode())
        return manifest.make(request, self.source, self.edits, kernel, ours,
                             self.simulator_identity(), self.compiler_id,
                             flags, resolution)

    def simulator_identity(self):
        """A hash over the simulator's files, but for the command's."""
        repo = self.request.repo
        rows = []
        for folder, folders, names in os.walk(os.path.join(repo, "sim")):
            if os.path.relpath(folder, repo) == "sim":
                folders.remove("cmd")
            for n in names:
                if n.endswith((".c", ".h")):
                    path = os.path.join(folder, n)
                    rows.append((os.path.relpath(path, repo),
                                 self.store.hashes.get(path)))
        return sha256_text(repr(sorted(rows)))[:16]

    def link_runner(self, jobs, kernel_world, m):
        """The runner, or None while sim/runner.c does not exist."""
        request = self.request
        if not jobs:
            return None
        name_c = os.path.join(self.out, "variant_name.c")
        write_atomically(name_c, "".join(
            "extern const char variant_%s[];\n"
            "const char variant_%s[] = \"%s\";\n" % (k, k, v) for k, v in (
                ("name", m["name"]), ("identity", m["identity"]),
                ("class", m["class"]), ("flavour", m["flavour"]))))
        link.run([self.compiler, "-c", "-fno-pie", "-o", name_c[:-2] + ".o",
                  name_c], "compile the variant's name")
        runner = os.path.join(self.out, "runner")
        flags = ["-fsanitize=address,undefined"] \
            if request.flavour == "sanitized" else \
            ["--coverage", "-Wl,-u,__gcov_dump", "-Wl,-u,__gcov_reset"] \
            if request.flavour == "coverage" else []
        link.link_runner(self.compiler, kernel_world,
                         [j.output for j in jobs] + [name_c[:-2] + ".o"],
                         self.hot, flags, comp.LIBRARIES, runner)
        self.used = sorted(set(self.used) | {d for j in jobs for d in j.deps})
        return runner

    def install(self, kernel_world, runner, m):
        """Move the finished files to their place, the manifest last."""
        import json
        request = self.request
        final = os.path.join(request.folder, request.flavour)
        old = manifest.load(request.build, request.name)
        if old and old["identity"] != m["identity"]:
            # The other flavours are of other code; they'd be mixed up.
            for name in manifest.flavours(request.build, request.name):
                if name != request.flavour:
                    shutil.rmtree(os.path.join(request.folder, name))
            manifest.forget_traps(request.build, request.name)
        os.makedirs(final, exist_ok=True)
        os.rename(kernel_world, os.path.join(final, "kvm-world.o"))
        if runner:
            os.rename(runner, os.path.join(final, "runner"))
        if self.mutants:
            write_atomically(os.path.join(final, "mutants.json"),
                             json.dumps(self.mutants, indent=1) + "\n")
        text = json.dumps(m, indent=1) + "\n"
        write_atomically(os.path.join(final, "manifest.json"), text)
        write_atomically(os.path.join(request.folder, "manifest.json"), text)
