# SPDX-License-Identifier: GPL-2.0-only
"""The report as Markdown, for an issue or a wiki."""

import re

from document import Badge, Code, Command, Facts, Figure, History, Items, Ref, Section, Strong, Table, Text, Verdict, \
    lines_of


def escape(text):
    """Nothing in it is markup, not even a table's bar or HTML."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]#|~!])", r"\\\1", text).replace("\n", " ")


def code(text):
    """Code with backticks in it needs a longer fence; bars would end a table's cell."""
    text = text.replace("\n", " ")
    fence = "`" * (max((len(m) for m in re.findall("`+", text)), default=0) + 1)
    inner = " %s " % text if text.startswith("`") or text.endswith("`") else text
    return fence + inner.replace("|", "\\|") + fence if text else ""


def part(p):
    if isinstance(p, str):
        return escape(p)
    if isinstance(p, Code):
        return code(p.text)
    if isinstance(p, Strong):
        return "**%s**" % escape(p.text)
    if isinstance(p, Ref):
        return "[%s](#%s)" % (escape(p.text), p.id)
    if isinstance(p, Badge):
        return "**%s**" % escape(p.word())
    raise TypeError(p)


def parts(items):
    return "".join(part(p) for p in items)


def table(head, rows):
    yield "| %s |" % " | ".join(escape(t) for t, _ in head)
    yield "|%s|" % "|".join("---:" if a == "r" else "---" for _, a in head)
    for row in rows:
        yield "| %s |" % " | ".join(row)


def history(b):
    head = [("Time", "r")] + [(a, "l") for a in b.actors] + [("State after it", "l")]
    rows = []
    for e in b.events:
        row = [e.time] + [""] * len(b.actors) + ["<br>".join(escape(t) for t in e.state.split("\n"))]
        row[1 + e.column] = "<br>".join(escape(t) for t in e.text.split("\n"))
        if e.mark:
            row[1 + e.column] = "**%s**" % row[1 + e.column]
        rows.append(row)
    return [escape(b.caption), ""] + list(table(head, rows))


def fenced(text):
    fence = "`" * max(3, max((len(m) for m in re.findall("`+", text)), default=0) + 1)
    return [fence, text, fence]


def block(b, level):
    if isinstance(b, Text):
        return [parts(b.parts)]
    if isinstance(b, Verdict):
        return ["**%s.** %s" % (escape(b.word), parts(b.parts))]
    if isinstance(b, Items):
        return ["- " + parts(i) for i in b.items]
    if isinstance(b, Facts):
        return ["- **%s.** %s" % (escape(t), parts(p)) for t, p in b.rows]
    if isinstance(b, Table):
        rows = list(table(b.head, [[parts(c) for c in r] for r in b.rows]))
        return [escape(b.caption), ""] + rows + (["", escape(b.note)] if b.note else [])
    if isinstance(b, Command):
        return [escape(b.label.capitalize()) + ":", ""] + fenced(b.text)
    if isinstance(b, Figure):
        return ["**%s.** %s" % (escape(b.title), escape(b.says))]
    if isinstance(b, History):
        return history(b)
    if isinstance(b, Section):
        return ['<a id="%s"></a>' % b.id, "", "#" * level + " " + escape(b.title) + (
            " (%s)" % b.badge.word() if b.badge else ""), ""] + lines_of(b.blocks, block, level + 1)
    raise TypeError(b)


def render(report, about):
    lines = ["# " + escape(report.title), ""] + lines_of(report.blocks, block, 2)
    for s in report.sections:
        lines += [""] + block(s, 2)
    return "\n".join(lines + ["", escape(about)]) + "\n"
