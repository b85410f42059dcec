# SPDX-License-Identifier: GPL-2.0-only
"""The report as one HTML page: nothing outside of it, light and dark, for keyboard, screen reader and paper."""

import html
import os
import re

import plot
from document import (Badge, Code, Command, Facts, Figure, History, Items, Ref, Strong, Table, Text, Verdict)
from document import Section

HERE = os.path.dirname(os.path.abspath(__file__))
UNIT = re.compile(r"(?<=\d) (?=%|(?:[kMGTh]|[mun]?s|min)\b)")    # a number and its unit stay on one line


def escape(text):
    return html.escape(text, quote=True)


def parts(items):
    return "".join(part(p) for p in items)


def part(p):
    if isinstance(p, str):
        return UNIT.sub("\u00a0", escape(p))
    if isinstance(p, Code):
        return "<code>%s</code>" % escape(p.text)
    if isinstance(p, Strong):
        return "<strong>%s</strong>" % escape(p.text)
    if isinstance(p, Ref):
        return '<a href="#%s">%s</a>' % (escape(p.id), escape(p.text))
    if isinstance(p, Badge):
        return '<span class="badge %s">%s</span>' % (p.status, escape(p.word()))
    raise TypeError(p)


def swatch(what):
    """A piece of the line, or of the area, that a legend explains."""
    name, _, box = what.partition(" ")
    if box or name[0] == "h":
        return '<svg class="swatch" viewBox="0 0 28 12" aria-hidden="true"><rect x="4" y="1" width="20" height="10" ' \
               'style="fill:var(--%s)"/></svg>' % name
    dash = " ".join(str(n) for n in plot.DASHES[int(name[1:]) - 1])
    return '<svg class="swatch" viewBox="0 0 28 12" aria-hidden="true"><path d="M0,6 H28" style="stroke:var(--%s)" ' \
           'stroke-width="2.5"%s/></svg>' % (name, ' stroke-dasharray="%s"' % dash if dash else "")


def read(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        return f.read()


class Page:
    def __init__(self, report, about):
        self.report, self.about, self.out, self.nr_commands = report, about, [], 0

    def put(self, text):
        self.out.append(text)

    # --- Blocks.
    def text(self, b, level):
        self.put("<p>%s</p>" % parts(b.parts))

    def verdict(self, b, level):
        self.put('<p class="verdict %s"><span class="word">%s</span> <span>%s</span></p>' % (
            b.word.lower(), escape(b.word), parts(b.parts)))

    def items(self, b, level):
        self.put("<ul>%s</ul>" % "".join("<li>%s</li>" % parts(i) for i in b.items))

    def facts(self, b, level):
        rows = ["<div><dt>%s</dt><dd>%s</dd></div>" % (escape(t), parts(p)) for t, p in b.rows]
        self.put("<dl>%s</dl>" % "".join(rows))

    def open_table(self, caption, klass):
        self.put('<figure class="%s"><div class="scroll" role="region" aria-label="%s" tabindex="0"><table><caption><span>%s'
                 '</span></caption><thead><tr>' % (klass, escape(caption), escape(caption)))

    def table(self, b, level):
        self.open_table(b.caption, "table")
        self.put("".join('<th scope="col" class="%s">%s</th>' % (align, escape(title)) for title, align in b.head))
        self.put("</tr></thead><tbody>")
        for row in b.rows:
            cells = ['<th scope="row">%s</th>' % parts(row[0])]
            cells += ['<td class="%s">%s</td>' % (align, parts(cell)) for cell,
                      (_, align) in zip(row[1:], b.head[1:])]
            self.put("<tr>%s</tr>" % "".join(cells))
        self.put("</tbody></table></div>%s</figure>" % (
            '<figcaption class="note">%s</figcaption>' % escape(b.note) if b.note else ""))

    def command(self, b, level):
        self.nr_commands += 1
        id = "command-%d" % self.nr_commands
        self.put('<div class="command"><div class="scroll" tabindex="0" role="region" aria-label="Command %s">'
                 '<code id="%s">%s</code></div><button type="button" data-copy="%s" aria-describedby="%s">Copy</button>'
                 '<span class="label">%s</span></div>' % (escape(b.label), id, escape(b.text), id, id,
                     escape(b.label)))

    def figure(self, b, level):
        self.put('<figure class="plot-box" id="%s"><figcaption><strong>%s</strong></figcaption>' % (escape(b.id),
            escape(b.title)))
        if b.narrow:
            self.put('<div class="wide">%s</div><div class="narrow">%s</div>' % (b.wide, b.narrow))
        else:
            self.put('<div class="scroll" role="region" aria-label="%s" tabindex="0"><div class="fixed">%s</div></div>' % (
                escape(b.title), b.wide))
        if b.legend:
            items = ["<li>%s%s</li>" % (swatch(what), escape(text)) for what, text in b.legend]
            self.put('<ul class="legend">%s</ul>' % "".join(items))
        self.put('<p class="note">%s</p></figure>' % part(b.says))

    def history(self, b, level):
        self.open_table(b.caption, "table history")
        self.put('<th scope="col" class="r">Time</th>')
        self.put("".join('<th scope="col">%s</th>' % escape(a) for a in b.actors))
        self.put('<th scope="col">State after it</th></tr></thead><tbody>')
        for e in b.events:
            what = "<br>".join(escape(line) for line in e.text.split("\n"))
            if e.mark:
                cells = '<td colspan="%d">%s</td>' % (len(b.actors) + 1, what)
            else:
                cells = "".join("<td>%s</td>" % (what if i == e.column else "") for i in range(len(b.actors)))
                cells += '<td class="state">%s</td>' % "<br>".join(escape(line) for line in e.state.split("\n"))
            self.put('<tr%s><th scope="row" class="r">%s</th>%s</tr>' % (' class="mark"' if e.mark else "",
                escape(e.time), cells))
        self.put("</tbody></table></div></figure>")

    def section(self, b, level):
        badge = " " + part(b.badge) if b.badge else ""
        self.put('<section id="%s" aria-labelledby="%s-h"><h%d id="%s-h">%s%s</h%d>' % (
            escape(b.id), escape(b.id), level, escape(b.id), escape(b.title), badge, level))
        self.blocks(b.blocks, level + 1)
        self.put("</section>")

    def blocks(self, blocks, level):
        write = {Text: self.text, Verdict: self.verdict, Items: self.items, Facts: self.facts, Table: self.table,
                 Command: self.command, Figure: self.figure, History: self.history, Section: self.section}
        for b in blocks:
            write[type(b)](b, level)

    # --- The page.
    def render(self):
        r = self.report
        self.put('<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" '
                 'content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n'
                 '<title>%s</title>\n<link rel="icon" href="data:,">\n<style>\n%s</style>\n</head>\n<body>\n' % (
                     escape(r.title), read("style.css")))
        self.put('<a class="skip" href="#main">To the report</a>\n<header><div class="bar"><p class="name">lapicsim report'
                 '</p><button type="button" id="theme" aria-pressed="false" hidden>Dark</button></div>'
                 '<nav aria-label="Parts of this report"><ul><li><a href="#summary">Summary</a></li>%s</ul></nav></header>\n'
                 % "".join('<li><a href="#%s">%s</a></li>' % (escape(s.id),
                     escape(s.short or s.title)) for s in r.sections))
        self.put('<main id="main" tabindex="-1"><section id="summary" aria-labelledby="summary-h"><h1 id="summary-h">%s</h1>'
                 % escape(r.title))
        self.blocks(r.blocks, 2)
        self.put("</section>")
        for s in r.sections:
            self.put("\n")
            self.section(s, 2)
        self.put('</main>\n<footer><p>%s</p></footer>\n<p class="sr" role="status" id="said"></p>\n<script>\n%s</script>\n'
                 '</body>\n</html>\n' % (escape(self.about), read("script.js")))
        return "".join(self.out)


def render(report, about):
    return Page(report, about).render()
