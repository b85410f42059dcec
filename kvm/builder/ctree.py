# SPDX-License-Identifier: GPL-2.0-only
"""The statements of one C function, as a tree of text ranges.

Enough of C to find "the if that mentions X" in kernel code: comments and
strings are blanked, preprocessor lines are skipped, blocks, if/else, loops,
switch, labels and simple statements are told apart.  No types and no
expressions; macros are not expanded.
"""

import re

KEYWORDS = ("if", "while", "for", "switch", "do", "else", "return", "goto",
            "case", "default", "break", "continue")


def blank(text):
    """text with comments, strings and preprocessor lines made of spaces."""
    def spaces(m):
        return re.sub(r"[^\n]", " ", m.group(0))
    text = re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\""
                  r"|'(?:\\.|[^'\\\n])+'", spaces, text, flags=re.S)
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", spaces, text, flags=re.M)


def matching(text, at):
    """The index after the bracket that closes the one at text[at]."""
    pairs = {"(": ")", "{": "}", "[": "]"}
    stack = []
    for i in range(at, len(text)):
        c = text[i]
        if c in pairs:
            stack.append(pairs[c])
        elif c in ")}]":
            if not stack or stack.pop() != c:
                return None
            if not stack:
                return i + 1
    return None


class Statement:
    """kind, and the range [start, end) in the file's text.

    head is the range of an if's or loop's condition; children are the
    statements inside; label is the name of a label.
    """

    def __init__(self, kind, start):
        self.kind = kind
        self.start = start
        self.end = start
        self.head = None
        self.children = []
        self.label = None

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()


class Parser:
    """Recursive descent over blanked text."""

    def __init__(self, text):
        self.text = text

    def skip(self, at):
        while self.text[at].isspace():
            at += 1
        return at

    def word(self, at):
        m = re.compile(r"[A-Za-z_]\w*").match(self.text, at)
        return m.group(0) if m else ""

    def block(self, at):
        """at is that of an opening brace."""
        out = Statement("block", at)
        at = self.skip(at + 1)
        while self.text[at] != "}":
            child = self.statement(at)
            out.children.append(child)
            at = self.skip(child.end)
        out.end = at + 1
        return out

    def statement(self, at):
        text = self.text
        if text[at] == "{":
            return self.block(at)
        word = self.word(at)
        if word in ("case", "default") or (
                word and re.compile(r"\s*:(?!:)").match(
                    text, at + len(word)) and word not in KEYWORDS):
            out = Statement("label", at)
            out.label = word
            end = text.index(":", at)
            while text[end:end + 2] == "::":
                end = text.index(":", end + 2)
            out.end = end + 1
            return out
        if word in ("if", "while", "for", "switch") or \
                re.match(r"\w*for_each\w*$", word):
            return self.headed(word, at)
        if word == "do":
            out = Statement("do", at)
            body = self.statement(self.skip(at + 2))
            out.children.append(body)
            out.end = text.index(";", body.end) + 1
            return out
        return self.simple(at)

    def headed(self, word, at):
        text = self.text
        kind = "if" if word == "if" else \
            "switch" if word == "switch" else "loop"
        out = Statement(kind, at)
        opening = text.index("(", at)
        closing = matching(text, opening)
        out.head = (opening + 1, closing - 1)
        body = self.statement(self.skip(closing))
        out.children.append(body)
        out.end = body.end
        if word == "if":
            after = self.skip(body.end)
            if self.word(after) == "else":
                other = self.statement(self.skip(after + 4))
                out.children.append(other)
                out.end = other.end
        return out

    def simple(self, at):
        out = Statement("simple", at)
        i = at
        while self.text[i] != ";":
            if self.text[i] in "({[":
                i = matching(self.text, i)
            else:
                i += 1
        out.end = i + 1
        return out


def functions(text, name):
    """Bodies (as block statements) of all definitions of a function.

    text is blanked.  Several are possible: #ifdef alternatives.
    """
    out = []
    for m in re.finditer(r"^[A-Za-z_][^;{}()#]*\b%s\s*\(" % re.escape(name),
                         text, re.M):
        closing = matching(text, m.end() - 1)
        if closing is None:
            continue
        brace = re.compile(r"\s*(?:__\w+\s*)*\{").match(text, closing)
        if brace:
            out.append(Parser(text).block(brace.end() - 1))
    return out
