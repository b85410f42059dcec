# SPDX-License-Identifier: GPL-2.0-only
"""How many runs reach the lines that one variant changes against another?

"lapicsim compare" runs it.  Prints lines of fields between tabs, for each side
of the difference ("base": lines as they were, "variant": as they are):

    sampled SIDE RUNS
    lines SIDE NR             changed, whether they are code or not
    line SIDE FILE NUMBER RUNS TEXT    one that is compiled to code

Lines of the base are those that the variant changes or removes.
"""

import argparse
import os
import shutil
import sys
import tempfile

REPO = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.append(os.path.join(REPO, "kvm/builder"))

import changed  # noqa: E402
import errors  # noqa: E402
import lines  # noqa: E402
import manifest  # noqa: E402


def parse_arguments(argv):
    parser = argparse.ArgumentParser(prog="touched", allow_abbrev=False)
    parser.add_argument("--build", required=True)
    parser.add_argument("--base", required=True)
    parser.add_argument("--variant", required=True)
    parser.add_argument("--runs", type=int, required=True,
                        help="of each variant, over all scenarios")
    parser.add_argument("--first", type=int, default=0, help="seed")
    parser.add_argument("--set", default="")
    parser.add_argument("scenario", nargs="+")
    return parser.parse_args(argv)


def load(build, name):
    m = manifest.load(build, name)
    if not m:
        raise errors.BadInput("no variant %s" % name)
    return m


def measure(args, m, side, texts):
    lines.build_flavour(m, REPO, args.build)
    reached = lines.Reached(m, args.build, texts)
    share = -(-args.runs // len(args.scenario))
    for scenario in args.scenario:
        folder = tempfile.mkdtemp(prefix="lapicsim-touched-")
        try:
            reached.sample(scenario, args.first, share, args.set, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    print("sampled\t%s\t%d" % (side, reached.sampled))
    for (name, number), runs in sorted(reached.runs.items()):
        print("line\t%s\t%s\t%d\t%d\t%s" % (
            side, name, number, runs,
            texts[name][number].replace("\t", " ")))


def main(argv):
    args = parse_arguments(argv)
    args.build = os.path.abspath(args.build)
    try:
        base, variant = load(args.build, args.base), \
            load(args.build, args.variant)
        sides = changed.changed(base, variant, args.build)
        for m, side, texts in zip((base, variant), ("base", "variant"), sides):
            print("lines\t%s\t%d" % (side, sum(map(len, texts.values()))))
            if texts:
                measure(args, m, side, texts)
    except errors.BuilderError as e:
        sys.stderr.write("lapicsim: coverage of the changed lines: %s\n" % e)
        return e.exit_code
    return errors.EXIT_OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
