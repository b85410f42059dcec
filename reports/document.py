# SPDX-License-Identifier: GPL-2.0-only
"""
A report as a tree of blocks, so that HTML, Markdown and plain text say the same.

content*.py builds it, page.py, markdown.py and plain.py write it. A piece of running text is a str,
or one of the spans below; "parts" is a list of them.
"""

import dataclasses


# --- Spans.
@dataclasses.dataclass
class Code:
    text: str


@dataclasses.dataclass
class Strong:
    text: str


WORDS = {"follows": "consequence", "bad": "missing", "undecided": "not decided", "base": "of the base"}


@dataclasses.dataclass
class Badge:
    """A status: new, expected, known, follows, base, ok, bad, undecided. Never told by colour alone."""
    status: str
    text: str = ""

    def word(self):
        return self.text or WORDS.get(self.status, self.status)


@dataclasses.dataclass
class Ref:
    """A link to a section of this report."""
    text: str
    id: str


# --- Blocks.
@dataclasses.dataclass
class Section:
    id: str
    title: str
    blocks: list
    badge: object = None
    short: str = ""     # its name in a list of sections


@dataclasses.dataclass
class Text:
    parts: list


@dataclasses.dataclass
class Verdict:
    word: str           # PASS, FAIL, INCONCLUSIVE
    parts: list


@dataclasses.dataclass
class Items:
    items: list         # each is parts


@dataclasses.dataclass
class Facts:
    rows: list          # (term, parts)


@dataclasses.dataclass
class Table:
    """The first column names the row. @head: (title, "l" or "r")."""
    caption: str
    head: list
    rows: list          # each a list of parts
    note: str = ""


@dataclasses.dataclass
class Command:
    text: str
    label: str


@dataclasses.dataclass
class Figure:
    """@says: what is to be seen, in words; for those who do not see it."""
    id: str
    title: str
    says: str
    wide: str           # SVG
    narrow: str         # "": there is one form only
    legend: list        # (what it is drawn in, as plot.py names it; text)


@dataclasses.dataclass
class Event:
    """One line of a run's trace. @column: index of its actor in History.actors."""
    time: str
    column: int
    text: str
    state: str
    mark: bool = False  # the divergence


@dataclasses.dataclass
class History:
    caption: str
    actors: list
    events: list


@dataclasses.dataclass
class Report:
    title: str
    blocks: list        # before the first section
    sections: list


def text(parts):
    """Without any markup."""
    return "".join(p if isinstance(p, str) else p.word() if isinstance(p, Badge) else p.text for p in parts)


def lines_of(blocks, block, level):
    """All blocks as lines, an empty one between two; block(b, level) gives those of one."""
    out = []
    for i, b in enumerate(blocks):
        out += ([""] if i else []) + block(b, level)
    return out
