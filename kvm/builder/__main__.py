# SPDX-License-Identifier: GPL-2.0-only
"""The variant builder: python3 kvm/builder add|list|show|remove ...

"lapicsim variant" runs it with the same arguments.  It builds KVM's code from
any kernel tree into a runner, and knows nothing of scenarios and runs.
This file parses arguments and says what happened; build.py does the work.
"""

import os
import sys

import state

REPO = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

# The quick way out comes before the slow imports: an unchanged variant
# answers at once.
QUICK = state.quick_answer(sys.argv[1:], REPO) if __name__ == "__main__" \
    else None
if QUICK is not None:
    sys.stdout.write(QUICK + "\n")
    sys.stdout.flush()
    os._exit(0)

import argparse  # noqa: E402
import json  # noqa: E402

import compile as comp  # noqa: E402
import errors  # noqa: E402


class ArgumentParser(argparse.ArgumentParser):
    """Usage errors are one line and exit code 1."""

    def error(self, message):
        raise errors.UsageError("%s (%s --help says more)"
                                % (message, self.prog))


def parse_arguments(argv):
    parser = ArgumentParser(prog="lapicsim variant", allow_abbrev=False)
    parser.set_defaults(verbose=False)
    commands = parser.add_subparsers(dest="command", required=True,
                                     metavar="add|list|show|remove",
                                     parser_class=ArgumentParser)
    common = ArgumentParser(add_help=False, allow_abbrev=False)
    common.add_argument("--build", metavar="DIR",
                        default=os.path.join(REPO, "build"),
                        help="where builds lie (default: build)")
    common.add_argument("--json", action="store_true",
                        help="one JSON object a line")

    add = commands.add_parser("add", parents=[common], allow_abbrev=False,
                              help="build a variant")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--deb", metavar="PKG[@SUITE][=VER]",
                     help="a linux-source package, PKG@SUITE for one of "
                     "another suite of Debian, or a .deb file")
    add.add_argument("--tree", metavar="DIR", help="a tree as it lies there")
    add.add_argument("--git", metavar="DIR", help="a git repository")
    add.add_argument("--rev", metavar="REV", help="a revision of --git")
    add.add_argument("--like", metavar="VARIANT",
                     help="the tree, patches and rules of a variant that is "
                     "built; --patch and --rule come on top")
    add.add_argument("--patch", metavar="FILE", action="append", default=[],
                     help="git diff output to apply; repeatable")
    add.add_argument("--rule", metavar="RULE", action="append", default=[],
                     help="an edit rule, or the name of one in "
                     "variants/rules; repeatable")
    add.add_argument("--mutate", metavar="FILE[:FUNCTION,...]",
                     action="append", default=[],
                     help="put all mutants of this file of the tree, or of "
                     "some of its functions, in (kvm/mutate/); repeatable")
    add.add_argument("--flavour", default="plain",
                     help="plain, sanitized or coverage (default: plain)")
    add.add_argument("--optimize", type=int, default=2,
                     choices=(1, 2, 3), help="default: 2")
    add.add_argument("--class", dest="klass", metavar="CLASS",
                     help="what scenarios expect of it (default: fixed)")
    add.add_argument("-v", "--verbose", action="store_true")

    commands.add_parser("list", parents=[common], allow_abbrev=False,
                        help="the variants that are built")
    for name, text in (("show", "what a variant is made from"),
                       ("remove", "forget a variant")):
        command = commands.add_parser(name, parents=[common],
                                      allow_abbrev=False, help=text)
        command.add_argument("name", metavar="NAME")
        if name == "show":
            command.add_argument("--files", action="store_true",
                                 help="the kernel's files in it")
            command.add_argument("--sources", action="store_true",
                                 help="folders in which a debugger finds them")
    return parser.parse_args(argv)


def check_add(args):
    """What argparse cannot check."""
    if sum(x is not None for x in (args.deb, args.tree, args.git, args.like)) != 1:
        raise errors.UsageError("add needs one of --deb, --tree, --git and --like")
    if (args.git is None) != (args.rev is None):
        raise errors.UsageError("--git and --rev go together")
    if args.flavour not in comp.FLAVOURS:
        raise errors.UsageError("no flavour %s; there are %s" % (args.flavour, ", ".join(comp.FLAVOURS)))
    check_name(args.name)
    if args.klass is None and not args.like:
        args.klass = "fixed"
    if args.klass is not None and not is_class(args.klass):
        raise errors.UsageError("bad class %r" % args.klass)


def is_class(word):
    return word and all(c.isalnum() or c in "._+-" for c in word)


def take_after(args):
    """--like: what the other variant was asked for, as it was resolved then."""
    import manifest
    other = manifest.load(args.build, args.like)
    if not other:
        raise errors.BadInput("--like: there is no variant %s" % args.like)
    if "request" not in other:
        raise errors.BadInput("--like: %s was built by an older lapicsim; add it again" % args.like)
    asked_for = other["request"]
    if args.klass is None:
        # The same code is expected to show the same; with something on top it is another.
        args.klass = "fixed" if args.patch or args.rule or args.mutate else asked_for.get("klass", "fixed")
    for key in ("deb", "tree", "git", "rev", "optimize"):
        setattr(args, key, asked_for[key])
    for key in ("patch", "rule", "mutate"):
        setattr(args, key, asked_for[key] + getattr(args, key))
    return [os.path.join(manifest.variants_folder(args.build), args.like, "manifest.json")]


def check_name(name):
    if not name or len(name) > 64 or not name[0].isalnum() or not all(
            c.isascii() and (c.isalnum() or c in "._+-") for c in name):
        raise errors.UsageError("bad variant name %r" % name)


def asked(args):
    """The request in comparable form; a revision or package is resolved."""
    rev, deb = args.rev, args.deb
    if args.git:
        import source
        rev = source.resolve_revision(args.git, args.rev)
    if deb and "=" not in deb and "/" not in deb and \
            not deb.endswith(".deb"):
        import debian
        import source
        archive, package, _ = debian.parse(deb, source.cache_folder(args.build))
        args.deb = deb = "%s=%s" % (deb, archive.newest_version(package))
    return [deb, args.tree and os.path.abspath(args.tree),
            args.git and os.path.abspath(args.git), rev,
            [os.path.abspath(p) for p in args.patch],
            [os.path.abspath(r) if os.path.exists(r) else r
             for r in args.rule], args.mutate,
            args.optimize, args.klass, state.surroundings()[1:]]


def answer(args, manifest, verb, has_runner):
    """What "add" prints."""
    if not args.json:
        return "%s: %s, identity %s" % (args.name, verb, manifest["identity"])
    runner = os.path.join(args.build, "variants", args.name, args.flavour,
                          "runner")
    return json.dumps({"name": args.name, "result": verb,
                       "identity": manifest["identity"],
                       "class": manifest["class"], "flavour": args.flavour,
                       "runner": runner if has_runner else None})


def add(args, argv):
    check_add(args)
    watched = take_after(args) if args.like else []
    want = asked(args)
    held = state.lock(args.build, args.name)
    known = state.load(args.build, args.name, args.flavour)
    if known and known["asked"] == want and \
            ("--json" in known["line"][0]) == args.json:
        print(known["answer"])
        return errors.EXIT_OK
    import build
    builder = build.Builder(build.Request(args, REPO, args.build))
    manifest, has_runner = builder.run()
    folder = os.path.join(args.build, "variants", args.name)
    results = [os.path.join(folder, args.flavour, n) for n in
               ["kvm-world.o", "manifest.json"] + ["runner"] * has_runner]
    root = builder.source.root
    if has_runner:
        state.save(args.build, args.name, args.flavour, REPO, want, argv,
                   answer(args, manifest, "up to date", has_runner),
                   builder.used + builder.watched + results + builder.request.patches +
                   builder.request.rules + watched +
                   [os.path.join(root, r) for r in
                    comp.optional_sources() + ["Makefile"]])
    else:
        sys.stderr.write("lapicsim: sim/runner.c does not exist: stopped "
                         "after %s\n" % results[0])
    print(answer(args, manifest, "built", has_runner))
    held.close()
    return errors.EXIT_OK


def list_all(args):
    import manifest
    for m in manifest.load_all(args.build):
        print(json.dumps(manifest.brief(m, args.build)) if args.json
              else manifest.line(m, args.build))
    return errors.EXIT_OK


def others(args, manifest):
    """What may have been meant: one, or all of them if they are few."""
    import difflib
    names = [x["name"] for x in manifest.load_all(args.build)]
    near = difflib.get_close_matches(args.name, names, 1)
    if near:
        return 'did you mean "%s"?' % near[0]
    return "there are: %s" % " ".join(names) if 0 < len(names) <= 20 else \
        "there are %d, which lapicsim variant list lists" % len(names) if names else "there are: none"


def find(args):
    import manifest
    check_name(args.name)
    m = manifest.load(args.build, args.name)
    if not m:
        if os.path.exists(os.path.join(manifest.variants_folder(args.build), args.name, "manifest.json")):
            raise errors.BadInput("the manifest of %s is damaged; add the variant again" % args.name)
        raise errors.BadInput("no variant %s; %s" % (args.name, others(args, manifest)))
    return m


def show(args):
    import manifest
    m = find(args)
    if args.files:
        print("\n".join(m["kernel_files"]))
    elif args.sources:
        print("\n".join(manifest.source_folders(m, args.build)))
    elif args.json:
        m["traps_hit"] = manifest.traps_hit(args.build, args.name)
        print(json.dumps(m))
    else:
        print(manifest.summary(m, args.build))
    return errors.EXIT_OK


def remove(args):
    import shutil
    import manifest
    check_name(args.name)
    if not os.path.isdir(os.path.join(manifest.variants_folder(args.build), args.name)):
        find(args)
    with state.lock(args.build, args.name):
        for part in ("variants", "work"):
            shutil.rmtree(os.path.join(args.build, part, args.name),
                          ignore_errors=True)
    return errors.EXIT_OK


def run(argv):
    args = parse_arguments(argv)
    args.build = os.path.abspath(args.build)
    if args.command == "add":
        return add(args, argv)
    return {"list": list_all, "show": show,
            "remove": remove}[args.command](args)


def main(argv):
    try:
        code = run(argv)
        sys.stdout.flush()
        return code
    except errors.BuilderError as e:
        sys.stderr.write("lapicsim: %s\n" % e)
        return e.exit_code
    except KeyboardInterrupt:
        return 130
    except OSError as e:
        # What is left in its buffer has failed once, and would again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # A reader that has seen enough, as head, is no failure.
        if isinstance(e, BrokenPipeError):
            return errors.EXIT_OK
        sys.stderr.write("lapicsim: %s\n" % e)
        return errors.EXIT_HARNESS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
