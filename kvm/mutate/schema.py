# SPDX-License-Identifier: GPL-2.0-only
"""The text of a file with all its mutants in it, each behind its number.

    a < b           (kw_mutant(7) ? ((a) <= (b)) : (a < b))
    if (x)          if ((kw_mutant(8) ^ !!(x)))
    f(x);           { if (!(kw_mutant(9))) { f(x); } }
    f(x); g(y);     { if (kw_mutant(9)) { g(y); } f(x); }
                    { if (!(kw_mutant(9))) { g(y); } }

Only one mutant is on at a time, so what replaces a piece of text has no
mutants in it, and the whole grows with the depth of nesting only.  Every line
stays where it was: KVM's BUG and WARN name their lines.
"""

import re

# On the first line, which thereby stays the first.  The byte map says how
# often a mutant was reached, up to 255 times; it and the number lie in the libc
# world, out of reach of a snapshot.
PRELUDE = (
    "extern unsigned int hs_mutant; extern unsigned char hs_mutant_reached[]; "
    "static inline __attribute__((always_inline, unused)) _Bool "
    "kw_mutant(unsigned int id) { "
    "hs_mutant_reached[id] += hs_mutant_reached[id] < 255; "
    "return __builtin_expect(hs_mutant == id, 0); } ")


class Site:
    """A range of text and the mutants that are about it."""

    def __init__(self, start, end):
        self.start, self.end = start, end
        self.inner = []
        self.values, self.nots = [], []
        self.drops, self.swap, self.swapped = [], None, None


def collect(mutants):
    """Sites by range."""
    sites = {}

    def site(start, end):
        return sites.setdefault((start, end), Site(start, end))

    for m in mutants:
        s = site(m.start, m.end)
        if m.place == "value":
            s.values.append(m)
        elif m.place == "not":
            s.nots.append(m)
        elif m.place == "drop":
            s.drops.append(m)
        else:
            second = tuple(int(x) for x in m.new.split())
            s.swap = m
            site(*second).swapped = m
    return [sites[k] for k in sorted(sites, key=lambda k: (k[0], -k[1]))]


def nest(sites):
    """Sites into each other; those that overlap in part are returned."""
    top, stack, bad = [], [], []
    for s in sites:
        while stack and stack[-1].end <= s.start:
            stack.pop()
        if stack and s.end > stack[-1].end:
            bad.append(s)
            continue
        (stack[-1].inner if stack else top).append(s)
        stack.append(s)
    return top, bad


def one_line(text):
    text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)
    return re.sub(r"\s*\n\s*", " ", text)


def render(text, sites, start, end):
    """text[start:end] with its sites."""
    out, at = [], start
    for s in sites:
        out.append(text[at:s.start])
        out.append(render_site(text, s))
        at = s.end
    out.append(text[at:end])
    return "".join(out)


def render_site(text, s):
    inner = render(text, s.inner, s.start, s.end)
    if s.drops or s.swap or s.swapped:
        return render_statement(text, s, inner)
    for m in s.values:
        inner = "(kw_mutant(%d) ? %s : (%s))" % (m.id, m.new, inner)
    for m in s.nots:
        inner = "(kw_mutant(%d) ^ !!(%s))" % (m.id, inner)
    return inner


def render_statement(text, s, inner):
    before = ""
    if s.swap:
        a, b = (int(x) for x in s.swap.new.split())
        before = "if (kw_mutant(%d)) { %s } " % (s.swap.id,
                                                 one_line(text[a:b]))
    guards = ["kw_mutant(%d)" % m.id for m in s.drops]
    if s.swapped:
        guards.append("kw_mutant(%d)" % s.swapped.id)
    if guards:
        inner = "if (!(%s)) { %s }" % (" | ".join(guards), inner)
    return "{ %s%s }" % (before, inner)


def write(text, mutants):
    """The new text; mutants have their numbers.  Returns it and leftovers."""
    top, bad = nest(collect(mutants))
    left = [m for s in bad for m in s.values + s.nots + s.drops +
            [x for x in (s.swap, s.swapped) if x]]
    return PRELUDE + render(text, top, 0, len(text)), left
