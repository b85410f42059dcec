# SPDX-License-Identifier: GPL-2.0-only
"""
gnuplot, and what makes its SVG fit into a page: colours become names that the page's style sheet gives
values (so that a figure follows the theme), ids become unique, and a title and a description go in.

A plot is drawn twice, wide and narrow, so that its text is as large on a phone.
"""

import html
import re
import shutil
import subprocess

SIZES = {"wide": (760, 340), "narrow": (340, 320)}
# What gnuplot is told, and what the style sheet calls it.
COLOURS = {"#000001": "ink", "#000002": "muted", "#000003": "grid",
           "#000011": "s1", "#000012": "s2", "#000013": "s3", "#000014": "s4", "#000015": "s5", "#000016": "s6",
           "#000020": "h0", "#000021": "h1", "#000022": "h2", "#000023": "h3", "#000024": "h4"}
SERIES = [c for c, name in COLOURS.items() if name.startswith("s")]
DASHES = [(), (9, 4), (2, 3), (9, 3, 2, 3), (16, 5), (1, 4)]
NEVER_WITHIN = 20       # seconds


class PlotError(Exception):
    pass


def available():
    return shutil.which("gnuplot") is not None


def quote(text):
    """A string of gnuplot, with nothing in it that gnuplot would read as a command or markup."""
    text = "".join(c if c.isprintable() else " " for c in text)
    return "'%s'" % text.replace("'", "''")


def preamble(size):
    width, height = SIZES[size]
    lines = [
        "set terminal svg size %d,%d dynamic noenhanced font 'sans-serif,%d' fontscale 1 linewidth 1.6" % (
            width, height, 12),
        "set encoding utf8",
        "set border 3 lc rgb '#000002' lw 0.6",
        "set tics nomirror out scale 0.5 textcolor rgb '#000001'",
        "set grid ytics lc rgb '#000003' lt 1 lw 0.5",
        "unset key",       # the page has the legend: there it wraps, and can be read aloud
        "set xlabel textcolor rgb '#000001'", "set ylabel textcolor rgb '#000001'",
        "set datafile separator '\\t'",
    ]
    for i, colour in enumerate(SERIES, 1):
        lines.append("set linetype %d lc rgb '%s' lw 1.4 dt %s" % (i, colour, DASHES[i - 1] or "solid"))
    return lines


def data(name, rows):
    """A data block. Rows are tuples of numbers, or strings that are quoted here."""
    out = ["$%s << END_OF_DATA" % name]
    for row in rows:
        out.append("\t".join('"%s"' % v.replace('"', "'").replace("\t", " ").replace("\\", "/") if isinstance(v, str)
                             else "%.10g" % v for v in row))
    return out + ["END_OF_DATA"]


def run(script):
    try:
        p = subprocess.run(["gnuplot", "-d"], input=script, capture_output=True, text=True, timeout=NEVER_WITHIN,
                           encoding="utf-8")
    except (OSError, subprocess.TimeoutExpired) as e:
        raise PlotError("gnuplot: %s" % e) from None
    if p.returncode or "</svg>" not in p.stdout:
        raise PlotError("gnuplot: %s" % (p.stderr.strip() or "no figure"))
    return p.stdout


def themed(svg):
    """Colours by name; the few that gnuplot picks itself become ink."""
    def paint(match):
        return ' style="%s:var(--%s)"' % (match[1],
                                          COLOURS.get("#%02x%02x%02x" % tuple(int(c) for c in match.group(3, 4, 5)),
                                                                "ink"))
    svg = re.sub(r"""\s(stroke|fill)\s*=\s*(["'])rgb\(\s*(\d+),\s*(\d+),\s*(\d+)\)\2""", paint, svg)
    svg = re.sub(r"""\s(stroke|fill)\s*=\s*(["'])(?:black|#000000)\2""", r' style="\1:var(--ink)"', svg)
    return re.sub(r' color="(?:black|white)"', "", svg)


def unique(svg, id):
    """Its ids, and what refers to them, with @id before them; markers that nobody uses are left out."""
    drawn = re.sub(r"<defs>.*?</defs>", "", svg, flags=re.S)
    if "#gp" not in drawn and "url(#" not in drawn:
        svg = drawn
    svg = re.sub(r"""\bid=(["'])([^"']*)\1""", r'id="%s-\2"' % id, svg)
    svg = re.sub(r"""(?:xlink:)?href=(["'])#([^"']*)\1""", r'href="#%s-\2"' % id, svg)
    return re.sub(r"url\(#([^)]*)\)", r"url(#%s-\1)" % id, svg)


def without_empty(svg):
    while True:
        less = re.sub(r"<g\b[^>]*>\s*</g>\s*", "", svg)
        if less == svg:
            return re.sub(r"\n\s*\n+", "\n", svg).strip()
        svg = less


def finish(svg, id, title, says):
    body = svg[svg.index("<svg"):]
    view = re.search(r'viewBox="([^"]*)"', body)[1]
    body = body[body.index(">") + 1:body.rindex("</svg>")]
    body = re.sub(r"<title>.*?</title>|<desc>.*?</desc>|<!--.*?-->", "", body, flags=re.S)
    body = without_empty(themed(unique(re.sub(r' font-family="[^"]*"', "", body), id)))
    return ('<svg role="img" aria-labelledby="%s-t %s-d" viewBox="%s" class="plot"><title id="%s-t">%s</title>'
            '<desc id="%s-d">%s</desc>%s</svg>' % (id, id, view, id, html.escape(title), id, html.escape(says), body))


def draw(id, title, says, script, sizes):
    """{size: SVG}. @script: a function from "wide" or "narrow" to lines of gnuplot."""
    return {size: finish(run("\n".join(preamble(size) + script(size)) + "\n"), "%s-%s" % (id, size), title, says)
            for size in sizes}
