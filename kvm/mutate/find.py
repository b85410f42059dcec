# SPDX-License-Identifier: GPL-2.0-only
"""What can be changed in a function: the mutants, by operator.

negate      an operand of a condition becomes its opposite
boundary    < becomes <=, > becomes >=, and the other way round
logic       && becomes ||, and the other way round
constant    a number or truth value becomes a neighbouring one
drop-call   a statement that is a call is left out
drop-assign the same for an assignment, ++ or --
drop-init   a variable that gets a number when it is declared gets 0
drop-jump   the same for return, break, continue or goto
swap        two statements that follow each other change places

A mutant is found by structure and proved by the compiler; a range that does
not look like what it should be (it came out of a macro's body) is skipped.
Left out, since nothing in a guest's world depends on it: traces, printk and
lockdep statements, BUILD_BUG_ON(), memory barriers, which an event at a time
does not need; an assertion is negated, but neither dropped nor weakened, since
nobody can see one that would not have fired; swaps of two statements that
cannot matter to each other, and of one with the lock that it is under.
"""

import re

from ctree import blank, matching

RELATIONAL = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
COMPARISON = ("==", "!=") + tuple(RELATIONAL)
LOGIC = {"&&": "||", "||": "&&"}

SILENT = re.compile(
    r"(trace_\w+|pr_\w+|kvm_pr_\w+|printk\w*|kvm_debug\w*|vcpu_unimpl|"
    r"lockdep_\w+|might_sleep|BUILD_BUG_ON\w*|MODULE_\w+|EXPORT_\w+|"
    r"apic_debug|ioapic_debug|__set_bit_le|kvm_debug_ratelimited)\s*\(")
ASSERTION = re.compile(r"(WARN\w*|BUG_ON|ASSERT|KVM_BUG_ON)\s*\(")
BARRIER = re.compile(r"(smp_\w*mb\w*|barrier)\s*\(")
LOCK = re.compile(
    r"(\w+\s*=\s*)?(spin_(un)?lock|mutex_(un)?lock|rcu_read_(un)?lock|"
    r"srcu_read_(un)?lock|preempt_(en|dis)able|local_irq_\w+|"
    r"read_(un)?lock|write_(un)?lock)\w*\s*\(")
# Calls that are an assignment to a register: its name is the second argument.
SETTER = re.compile(r"(?:kvm_lapic_set_reg(?:64)?|apic_set_reg)\s*\(\s*"
                    r"\w+\s*,\s*(\w+)")
# Constant in one configuration: the other branch cannot be linked.
CONFIGURATION = re.compile(r"!?\s*IS_(ENABLED|REACHABLE|BUILTIN)\s*\(")
NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)$")
WRAPPER = re.compile(r"(?:likely|unlikely)\s*\(")
JUMPS = {"RETURN_STMT": "return", "BREAK_STMT": "break",
         "CONTINUE_STMT": "continue", "GOTO_STMT": "goto"}
LABELS = ("CASE_STMT", "DEFAULT_STMT", "LABEL_STMT")


class Mutant:
    """One change.

    place is how schema.py makes it: "value" (replace [start, end) by
    replacement), "not" (negate it), "drop" (leave the statement out), "swap"
    (with the statement [start2, end2) that follows).
    """

    def __init__(self, operator, place, start, end, new=None):
        self.operator, self.place = operator, place
        self.start, self.end, self.new = start, end, new
        self.function = None
        self.ordinal = 0

    def key(self):
        return (self.start, -self.end, self.operator, self.new or "")


class Finder:
    """The mutants of one function."""

    def __init__(self, text, blanked):
        self.text, self.blanked = text, blanked
        self.found = {}
        self.assertions = [
            (m.start(), matching(blanked, m.end() - 1) or m.end())
            for m in ASSERTION.finditer(blanked)
            if blanked[:m.start()].rstrip()[-1:] in ";{}:"]

    def add(self, operator, place, start, end, new=None):
        if operator != "negate" and any(
                a <= start and end <= b for a, b in self.assertions):
            return
        if re.search(r"^[ \t]*#", self.text[start:end], re.M):
            return
        m = Mutant(operator, place, start, end, new)
        if "swap" not in (operator,) or new:
            self.found.setdefault(m.key(), m)

    # --- Ranges.
    def span(self, node):
        """A node's range, cut where it runs out of a macro's argument."""
        depth, i = 0, node.start
        while i < node.end:
            c = self.blanked[i]
            if c in "([{":
                depth += 1
            elif c in ")]}":
                depth -= 1
                if depth < 0:
                    break
            elif c in ",;" and depth == 0:
                break
            i += 1
        end = i
        while end > node.start and self.blanked[end - 1].isspace():
            end -= 1
        return (node.start, end) if depth <= 0 else (node.start, node.start)

    def words(self, span):
        return self.blanked[span[0]:span[1]].strip()

    def binary(self, node):
        """(left span, operator, right span) of a written binary operator."""
        if len(node.children) != 2:
            return None
        left, right = (self.span(c) for c in node.children)
        if not (node.start <= left[0] < left[1] <= right[0] < right[1] and
                left[0] == node.start):
            return None
        between = self.blanked[left[1]:right[0]].strip()
        if not re.fullmatch(r"[-+*/%&|^<>=!]{1,3}", between):
            return None
        return left, between, right

    # --- Conditions.
    def transparent(self, node):
        """Through parentheses and implicit casts."""
        while node.kind in ("PAREN_EXPR", "UNEXPOSED_EXPR") and \
                len(node.children) == 1:
            node = node.children[0]
        return node

    def wrapped(self, node):
        """What is inside a likely() or unlikely(), or None."""
        start, end = self.span(node)
        m = WRAPPER.match(self.blanked, start, end)
        if not m or matching(self.blanked, m.end() - 1) != end:
            return None
        inside = (m.end(), end - 1)
        best = None
        for sub in node.walk():
            a, b = self.span(sub)
            if a >= inside[0] and b <= inside[1] and b > a and \
                    (best is None or b - a > best[1] - best[0]):
                best = (a, b, sub)
        if best and self.words(best[:2]) == self.words(inside):
            return best[2]
        return None

    def condition(self, node):
        node = self.transparent(node)
        inner = self.wrapped(node)
        if inner is not None:
            self.condition(inner)
            return
        span = self.span(node)
        words = self.words(span)
        if not words or CONFIGURATION.match(words):
            return
        if node.kind == "BINARY_OPERATOR":
            parts = self.binary(node)
            if parts and parts[1] in LOGIC:
                left, op, right = parts
                self.add("logic", "value", left[0], right[1], "((%s) %s (%s))" % (
                    self.flat(left), LOGIC[op], self.flat(right)))
                for child in node.children:
                    self.condition(child)
                return
            if parts and parts[1] in RELATIONAL:
                left, op, right = parts
                self.add("boundary", "value", left[0], right[1],
                         "((%s) %s (%s))" % (self.flat(left), RELATIONAL[op],
                                             self.flat(right)))
        if node.kind == "UNARY_OPERATOR" and words.startswith("!") and \
                node.children and node.children[0].start > node.start:
            self.condition(node.children[0])
            return
        if re.fullmatch(r"\d+|true|false", words):
            return
        self.add("negate", "not", span[0], span[1])
        for child in node.children:
            self.expression(child)

    def flat(self, span):
        """Text on one line, without comments."""
        text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", self.text[span[0]:span[1]],
                      flags=re.S)
        return re.sub(r"\s*\n\s*", " ", text)

    # --- Expressions.
    def expression(self, node):
        kind = node.kind
        if kind == "CXX_UNARY_EXPR":  # sizeof
            return
        if kind == "StmtExpr":
            for child in node.children:
                self.statement(child)
            return
        span = self.span(node)
        words = self.words(span)
        if kind == "BINARY_OPERATOR":
            parts = self.binary(node)
            if parts and (parts[1] in LOGIC or parts[1] in COMPARISON):
                self.condition(node)
                return
        if kind == "UNARY_OPERATOR" and words.startswith("!"):
            self.condition(node)
            return
        if kind == "CONDITIONAL_OPERATOR" and len(node.children) == 3:
            first = self.span(node.children[0])
            after = self.blanked[first[1]:node.end].lstrip(" )\t\n")
            if first[0] >= node.start and after.startswith("?"):
                self.condition(node.children[0])
                for child in node.children[1:]:
                    self.expression(child)
                return
        self.constant(node, span, words)
        for child in node.children:
            if child.kind in ("COMPOUND_STMT", "DECL_STMT", "IF_STMT"):
                self.statement(child)
            else:
                self.expression(child)

    def constant(self, node, span, words):
        if node.kind == "DECL_REF_EXPR" and words in ("true", "false"):
            self.add("constant", "value", span[0], span[1],
                     "false" if words == "true" else "true")
        if node.kind != "INTEGER_LITERAL":
            return
        m = NUMBER.match(self.text[node.start:node.end])
        if not m:
            return
        value = int(m.group(1), 0) if not re.match(r"0\d", m.group(1)) \
            else int(m.group(1), 8)
        news = (1,) if value == 0 else (0,) if value == 1 else \
            (value + 1, value - 1)
        for new in news:
            self.add("constant", "value", node.start, node.end,
                     "%d%s" % (new, m.group(2)))

    # --- Statements.
    def keyword(self, node, *words):
        m = re.match(r"[a-z]+", self.text[node.start:node.start + 10])
        return bool(m) and m.group(0) in words

    def statement(self, node):
        kind = node.kind
        if kind == "COMPOUND_STMT":
            self.block(node)
        elif kind in LABELS:
            if node.children:
                self.statement(node.children[-1])
        elif kind == "IF_STMT":
            self.headed(node, "if", node.children[:1], node.children[1:])
        elif kind in ("WHILE_STMT", "SWITCH_STMT"):
            self.headed(node, "while" if kind[0] == "W" else None,
                        node.children[:1], node.children[1:])
        elif kind == "DO_STMT":
            written = self.keyword(node, "do")
            self.headed(node, "do" if written else None, node.children[1:],
                        node.children[:1])
        elif kind == "FOR_STMT":
            self.loop(node)
        elif kind == "DECL_STMT":
            self.declaration(node)
        elif kind in JUMPS:
            for child in node.children:
                self.expression(child)
        else:
            self.expression(node)

    def headed(self, node, word, heads, bodies):
        if word and self.keyword(node, word):
            for head in heads:
                self.condition(head)
        elif not word:
            for head in heads:
                self.expression(head)
        for body in bodies:
            self.statement(body)

    def loop(self, node):
        """A for whose header is written has its condition between two ;."""
        body = node.children[-1] if node.children else None
        if self.keyword(node, "for"):
            header = self.blanked.index("(", node.start)
            close = matching(self.blanked, header)
            cuts = [i for i in range(header, close)
                    if self.blanked[i] == ";"]
            for child in node.children[:-1]:
                span = self.span(child)
                if len(cuts) == 2 and span[0] >= cuts[0] and \
                        span[1] <= cuts[1] and child.kind != "DECL_STMT":
                    self.condition(child)
                elif child.kind != "DECL_STMT":
                    self.expression(child)
        if body is not None:
            self.statement(body)

    def declaration(self, node):
        for var in node.children:
            if var.kind != "VAR_DECL" or var.static:
                continue
            for init in var.children:
                if init.kind in ("TYPE_REF", "STRUCT_DECL", "UNION_DECL"):
                    continue
                span = self.span(init)
                written = re.search(r"(?<![=!<>])=\s*$",
                                    self.blanked[var.start:span[0]])
                if written and not var.pointer and \
                        init.kind != "INIT_LIST_EXPR" and \
                        self.words(span) not in ("0", "false"):
                    self.add("drop-init", "value", span[0], span[1], "0")
                self.expression(init)

    # --- Blocks: drops and swaps.
    def whole(self, node):
        """A statement's range with its semicolon, or None."""
        span = self.span(node)
        m = re.compile(r"\s*;").match(self.blanked, span[1])
        if not m or span[1] == span[0]:
            return None
        return span[0], m.end()

    def sort(self, node):
        """("call", range) and the like of a statement that can be moved."""
        if node.kind in LABELS + tuple(JUMPS) or node.kind in (
                "COMPOUND_STMT", "IF_STMT", "SWITCH_STMT", "NULL_STMT",
                "DECL_STMT"):
            return None
        whole = self.whole(node)
        if not whole:
            return None
        words = self.blanked[whole[0]:whole[1]].strip()
        if SILENT.match(words) or ASSERTION.match(words) or \
                BARRIER.match(words):
            return None
        if re.match(r"[A-Za-z_]\w*(->\w+|\.\w+)*\s*\(", words):
            m = re.match(r"[^(]*", words)
            close = matching(words, m.end())
            rest = words[close:].lstrip() if close else ""
            if rest[:1] == "(":
                return "call", whole  # through a function that is returned
            if rest == ";" and not re.match(r"(if|while|for|switch|do)\b",
                                            words):
                return "call", whole
            return None
        if node.kind in ("BINARY_OPERATOR", "COMPOUND_ASSIGNMENT_OPERATOR") \
                and re.search(r"(?<![=!<>])=(?!=)", words):
            return "assign", whole
        if node.kind == "UNARY_OPERATOR" and re.search(r"\+\+|--", words):
            return "assign", whole
        return None

    def innermost(self, node):
        """The statement behind labels."""
        while node.kind in LABELS and node.children:
            node = node.children[-1]
        return node

    def block(self, node):
        before = None
        for i, child in enumerate(node.children):
            inner = self.innermost(child)
            self.one(inner, i + 1 == len(node.children) and self.top is node)
            sort = self.sort(inner)
            if sort and before and inner is child and \
                    self.depends(before, sort):
                (a, b), (c, d) = before[1], sort[1]
                if not self.blanked[b:c].strip():
                    self.add("swap", "swap", a, b, "%d %d" % (c, d))
            before = sort
            self.statement(child)

    def one(self, node, last):
        """The drops of one statement."""
        sort = self.sort(node)
        if sort:
            self.add("drop-" + sort[0], "drop", *sort[1])
        elif node.kind in JUMPS and not last and \
                self.keyword(node, JUMPS[node.kind]):
            m = re.compile(r"[^;]*;").match(self.blanked, node.start)
            self.add("drop-jump", "drop", node.start, m.end())

    def depends(self, one, two):
        """Could the order matter?  No: no swap."""
        a, b = (self.words(s[1]).rstrip(";") for s in (one, two))
        if LOCK.match(a) or LOCK.match(b):
            return False
        for x, y in ((a, b), (b, a)):
            m = SETTER.match(x)
            if m and (two if x is a else one)[0] == "assign":
                return bool(re.search(r"\b%s\b" % m.group(1), y)) or \
                    bool(re.search(r"\b%s\b" % re.escape(self.target(y)),
                                   x))
        if one[0] == "call" and two[0] == "call":
            return a.split("(")[0] != b.split("(")[0]
        left = [self.target(x) if s[0] == "assign" else None
                for x, s in ((a, one), (b, two))]
        for i, other in ((0, b), (1, a)):
            if left[i] and re.search(r"(?<![\w>.])%s(?!\w)" %
                                     re.escape(left[i]), other):
                return True
        if left[0] and left[1]:
            return "(" in a and "(" in b
        # One assigns, the other calls: a local variable is nobody else's.
        name = left[0] or left[1]
        return not re.fullmatch(r"\w+", name or "")

    def target(self, words):
        m = re.match(r"(.*?)\s*(?:[-+|&^]|<<|>>)?=(?!=)", words, re.S)
        return m.group(1).strip() if m else words.strip("+- ")

    def run(self, body):
        self.top = body
        self.statement(body)
        self.bodies(body)
        return sorted(self.found.values(), key=Mutant.key)

    def bodies(self, node):
        """Single statements that are the body of an if or a loop."""
        for sub in node.walk():
            if sub.kind in ("IF_STMT", "WHILE_STMT", "FOR_STMT"):
                parts = sub.children[1:] if sub.kind != "FOR_STMT" else \
                    sub.children[-1:]
                for part in parts:
                    inner = self.innermost(part)
                    if inner.kind != "COMPOUND_STMT" and \
                            inner.start > sub.start:
                        self.one(inner, False)


def find(text, functions):
    """All mutants of a file, numbered within function and operator."""
    blanked = blank(text)
    out = []
    for name, body in functions:
        count = {}
        for m in Finder(text, blanked).run(body):
            m.function = name
            count[m.operator] = m.ordinal = count.get(m.operator, 0) + 1
            m.line = text.count("\n", 0, m.start) + 1
            out.append(m)
    return out
