# SPDX-License-Identifier: GPL-2.0-only
"""Edit rules: breaking or unfixing KVM's code in our own words.

A rule names a file, a function, what to look for in the function's structure
and what to do with it; it quotes no kernel text and holds for every tree that
has that structure.  The language, one directive per line:

    # comment
    file PATH                       the file that the following lines are about
    needs NAME                      the rule is for trees whose file has NAME, or, after a
                                    function line, that have NAME in that function
    function NAME                   the function that they are about
    after label LABEL               only what follows LABEL (until "anywhere")
    anywhere
    delete KIND mentioning WORD...
    replace KIND mentioning WORD... with CODE
    before KIND mentioning WORD... insert CODE
    after KIND mentioning WORD... insert CODE
    first insert CODE               at the start of the body
    drop-operand mentioning WORD... in KIND mentioning WORD...
    assign NAME CODE                the right side of the only "NAME = ...;"

KIND is if, loop, switch, call, assignment or statement; the innermost such
statement that mentions all WORDs (in an if, loop or switch: anywhere in it)
is meant; WORD|WORD is one or the other, for names that differ between trees,
of functions too.
Every directive must match exactly once, or, with "each" in front,
at least once.  Line numbers of what is not edited stay the same.
"""

import re

import ctree
from errors import BadInput

KINDS = ("if", "loop", "switch", "call", "assignment", "statement")


class NotForTree(BadInput):
    """The rule is about something that this tree does not have."""


class Directive:
    """One edit: the words of its line, and where it stands."""

    def __init__(self, line, number, function, label):
        self.number = number
        self.function = function
        self.label = label
        self.each = line.startswith("each ")
        if self.each:
            line = line[5:].strip()
        self.line = line


class Section:
    """The directives of a rule for one file."""

    def __init__(self, file):
        self.file = file
        self.needs = []
        self.directives = []

    def apply(self, text, rule):
        for number, name, function in self.needs:
            if not mentions(body_of(text, function) if function else text, name):
                raise NotForTree("%s:%d: not for this tree: its %s has no %s%s"
                                 % (rule, number, self.file, name, " in %s()" % function if function else ""))
        for d in self.directives:
            text = apply_directive(d, text, self.file, rule)
        return text


def parse(text, rule):
    """The sections of a rule file."""
    sections, function, label = [], None, None
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        words = line.split()
        where = "%s:%d: " % (rule, number)
        if words[0] == "file" and len(words) == 2:
            sections.append(Section(words[1]))
            function = label = None
        elif words[0] == "needs" and len(words) == 2 and sections:
            sections[-1].needs.append((number, words[1], function))
        elif words[0] == "function" and len(words) == 2:
            function, label = words[1], None
        elif words[:2] == ["after", "label"] and len(words) == 3:
            label = words[2]
        elif words == ["anywhere"]:
            label = None
        elif not sections:
            raise BadInput(where + "a file line must come first")
        elif not function:
            raise BadInput(where + "a function line must come first")
        else:
            d = Directive(line, number, function, label)
            check(d, where)
            sections[-1].directives.append(d)
    if not any(s.directives for s in sections):
        raise BadInput("%s: no directive in it" % rule)
    return sections


SELECT = r"(%s) mentioning ([\w| ]+?)" % "|".join(KINDS)
FORMS = (
    ("delete", re.compile(r"delete %s$" % SELECT)),
    ("replace", re.compile(r"replace %s with (.+)$" % SELECT)),
    ("before", re.compile(r"before %s insert (.+)$" % SELECT)),
    ("after", re.compile(r"after %s insert (.+)$" % SELECT)),
    ("first", re.compile(r"first insert (.+)$")),
    ("drop", re.compile(r"drop-operand mentioning ([\w| ]+?) in %s$" % SELECT)),
    ("assign", re.compile(r"assign (\w+) (.+)$")),
)


def check(directive, where):
    for action, pattern in FORMS:
        m = pattern.match(directive.line)
        if m:
            directive.action, directive.args = action, m.groups()
            return
    raise BadInput("%snot a directive: %s" % (where, directive.line))


def mentions(text, words):
    return all(any(re.search(r"\b%s\b" % re.escape(a), text)
                   for a in w.split("|")) for w in words.split())


def is_kind(statement, kind, blanked):
    if kind == "statement":
        return statement.kind not in ("block", "label")
    if kind in ("if", "loop", "switch"):
        return statement.kind == kind
    if statement.kind != "simple":
        return False
    body = blanked[statement.start:statement.end]
    if kind == "assignment":
        return bool(re.search(r"(?<![=!<>])=(?!=)|\+\+|--", body))
    return bool(re.match(r"[A-Za-z_][\w>.-]*\s*\(", body))


def in_scope(directive, blanked, body):
    """The body's statements that the directive may look at."""
    statements = list(body.walk())
    if not directive.label:
        return statements
    starts = [s.end for s in statements
              if s.kind == "label" and s.label == directive.label]
    return [s for s in statements if starts and s.start >= starts[0]]


def select(directive, blanked, bodies, kind, words):
    """Innermost statements of a kind that mention all words."""
    found = []
    for body in bodies:
        hits = [s for s in in_scope(directive, blanked, body)
                if is_kind(s, kind, blanked) and
                mentions(blanked[s.start:s.end], words)]
        found += [s for s in hits if not any(
            t is not s and s.start <= t.start and t.end <= s.end
            for t in hits)]
    return found


def same_lines(new, old):
    """new, with as many line ends as old."""
    return new + "\n" * (old.count("\n") - new.count("\n"))


def drop_operand(head, words):
    """A condition's text without the || or && operand that mentions words."""
    blanked = ctree.blank(head)
    depth, cuts = 0, []
    for m in re.finditer(r"[()]|\|\||&&", blanked):
        if m.group(0) == "(":
            depth += 1
        elif m.group(0) == ")":
            depth -= 1
        elif depth == 0:
            cuts.append((m.start(), m.end()))
    edges = [0] + [c for cut in cuts for c in cut] + [len(head)]
    operands = [(edges[i], edges[i + 1]) for i in range(0, len(edges), 2)]
    hits = [i for i, (a, b) in enumerate(operands)
            if mentions(blanked[a:b], words)]
    if len(hits) != 1 or len(operands) < 2:
        return None
    i = hits[0]
    start, end = operands[i]
    if i + 1 < len(operands):
        end = cuts[i][1]
    else:
        start = cuts[i - 1][0]
    return head[:start] + same_lines(" ", head[start:end]) + head[end:]


def edits_of(directive, text, blanked, bodies):
    """List of (start, end, replacement)."""
    action, args = directive.action, directive.args
    if action == "first":
        return [(b.start + 1, b.start + 1, " %s " % args[0]) for b in bodies]
    if action == "assign":
        name, value = args
        out = []
        for s in select(directive, blanked, bodies, "assignment", name):
            m = re.match(r"(?:[\w \t*]*\b|[\w>.-]*[>.])?%s\s*=(?!=)"
                         % re.escape(name), blanked[s.start:s.end])
            if m:
                start = s.start + m.end()
                out.append((start, s.end - 1, same_lines(
                    " " + value, text[start:s.end - 1])))
        return out
    if action == "drop":
        out = []
        for s in select(directive, blanked, bodies, args[1], args[2]):
            if not s.head:
                continue
            head = drop_operand(text[slice(*s.head)], args[0])
            if head is not None:
                out.append((s.head[0], s.head[1], head))
        return out
    out = []
    for s in select(directive, blanked, bodies, args[0], args[1]):
        old = text[s.start:s.end]
        if action == "delete":
            out.append((s.start, s.end, same_lines(";", old)))
        elif action == "replace":
            out.append((s.start, s.end, same_lines(args[2], old)))
        elif action == "before":
            out.append((s.start, s.end, "{ %s %s }" % (args[2], old)))
        else:
            out.append((s.start, s.end, "{ %s %s }" % (old, args[2])))
    return out


def body_of(text, function):
    """What the definitions of @function have between their braces; "" where there is none."""
    blanked = ctree.blank(text)
    try:
        return "".join(blanked[b.start:b.end] for name in function.split("|") for b in ctree.functions(blanked, name))
    except (IndexError, ValueError, TypeError):
        return ""


def apply_directive(directive, text, file, rule):
    """The text after one directive; matching nothing is an error."""
    where = "%s:%d: " % (rule, directive.number)
    blanked = ctree.blank(text)
    try:
        bodies = [b for name in directive.function.split("|") for b in ctree.functions(blanked, name)]
    except (IndexError, ValueError, TypeError):
        bodies = []
    if not bodies:
        raise BadInput("%s%s has no function %s"
                       % (where, file, directive.function))
    edits = edits_of(directive, text, blanked, bodies)
    if not edits:
        raise BadInput("%smatches nothing in %s() of %s: %s" % (
            where, directive.function, file, directive.line))
    if len(edits) > 1 and not directive.each:
        raise BadInput("%smatches %d places in %s() of %s: %s" % (
            where, len(edits), directive.function, file, directive.line))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text
