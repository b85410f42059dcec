# SPDX-License-Identifier: GPL-2.0-only
"""The report as text for a mailing list: 72 columns, but for commands, which must stay whole."""

import textwrap
import unicodedata

import document
from document import Command, Facts, Figure, History, Items, Section, Table, Text, Verdict

WIDTH = 72


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)


def wrap(text, first="", rest=""):
    return textwrap.wrap(" ".join(text.split()), WIDTH, initial_indent=first, subsequent_indent=rest,
                         break_on_hyphens=False) or [first.rstrip()]


def cells(row):
    return [" ".join(document.text(c).split()) for c in row]


def pad(text, size, align):
    fill = " " * max(0, size - width(text))
    return fill + text if align == "r" else text + fill


def aligned(head, rows):
    """Columns side by side if they fit, or None."""
    sizes = [max(width(line[i]) for line in [head_titles(head)] + rows) for i in range(len(head))]
    if sum(sizes) + 2 * (len(sizes) - 1) > WIDTH:
        return None
    lines = [head_titles(head), ["-" * s for s in sizes]] + rows
    return ["  ".join(pad(c, s, a) for c, s, (_, a) in zip(line, sizes, head)).rstrip() for line in lines]


def head_titles(head):
    return [t for t, _ in head]


def listed(head, rows):
    """A row too wide for a line becomes a few."""
    out = []
    for row in rows:
        out += wrap(row[0])
        out += wrap("; ".join("%s %s" % (t, c) for (t, _), c in zip(head[1:], row[1:]) if c), "    ", "    ")
    return out


def table(b):
    rows = [cells(r) for r in b.rows]
    out = wrap(b.caption) + [""] + (aligned(b.head, rows) or listed(b.head, rows))
    return out + (wrap(b.note) if b.note else [])


def history(b):
    out = wrap(b.caption) + [""]
    for e in b.events:
        lines = e.text.split("\n")
        out += wrap("%s  %s: %s" % (e.time.rjust(12), b.actors[e.column], "; ".join(lines)), "", " " * 14)
        for state in e.state.split("\n") if e.state else []:
            out += wrap("-> " + state, " " * 14, " " * 17)
    return out


def block(b, level):
    if isinstance(b, Text):
        return wrap(document.text(b.parts))
    if isinstance(b, Verdict):
        return wrap("%s: %s" % (b.word, document.text(b.parts)))
    if isinstance(b, Items):
        return [line for i in b.items for line in wrap(document.text(i), "- ", "  ")]
    if isinstance(b, Facts):
        return [line for t, p in b.rows for line in wrap("%s: %s" % (t, document.text(p)))]
    if isinstance(b, Table):
        return table(b)
    if isinstance(b, Command):
        return wrap(b.label.capitalize() + ":") + ["    " + b.text]
    if isinstance(b, Figure):
        return wrap("%s. %s" % (b.title, b.says))
    if isinstance(b, History):
        return history(b)
    if isinstance(b, Section):
        title = wrap(b.title + (" [%s]" % b.badge.word() if b.badge else ""))
        return title + ["=-~"[min(level, 2)] * max(len(t) for t in title)] + [""] + document.lines_of(b.blocks, block, level + 1)
    raise TypeError(b)


def render(report, about):
    lines = wrap(report.title) + [""] + document.lines_of(report.blocks, block, 0)
    for s in report.sections:
        lines += ["", ""] + block(s, 0)
    return "\n".join(line.rstrip() for line in lines + ["", "-- "] + wrap(about)) + "\n"
