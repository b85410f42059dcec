# SPDX-License-Identifier: GPL-2.0-only
"""A C file as a tree of nodes with ranges of its text, by libclang.

A node's range is where it was written in the file: an argument of a macro
stands where the argument does, anything out of a macro's body where the macro
is used.  So ranges of nodes from macro bodies are not those of C expressions;
find.py checks against the text before it believes one.
"""

import os
import sys
from ctypes import byref, c_uint, c_void_p

from errors import BadInput, HarnessError

DEBIAN = "/usr/lib/python3/dist-packages"

# Options of gcc that clang does not know, or wants a confession for.
NOT_CLANG = ("-fno-allow-store-data-races", "-ftrivial-auto-var-init=zero")


def load():
    """The clang.cindex module; Debian's, whatever Python runs."""
    try:
        from clang import cindex
    except ImportError:
        sys.path.append(DEBIAN)
        try:
            from clang import cindex
        except ImportError:
            raise HarnessError("mutants need libclang: apt-get install "
                               "python3-clang-14") from None
    return cindex


class Node:
    """kind is libclang's name; text is file[start:end]."""

    __slots__ = ("kind", "name", "start", "end", "children", "static",
                 "pointer")

    def __init__(self, kind, name, start, end):
        self.kind, self.name, self.start, self.end = kind, name, start, end
        self.children = []
        self.static = self.pointer = False

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()


class Parser:
    """One translation unit."""

    def __init__(self, path, text, flags):
        self.cindex = load()
        self.path = path
        self.data = text.encode("utf-8", "surrogateescape")
        if len(self.data) != len(text):
            raise HarnessError("%s: not ASCII" % path)
        flags = [f for f in flags if f not in NOT_CLANG]
        self.tu = self.cindex.Index.create().parse(
            path, args=flags + ["-w", "-ferror-limit=0"],
            unsaved_files=[(path, text)])
        bad = [d for d in self.tu.diagnostics if d.severity >= 3 and
               d.location.file]
        if bad:
            raise HarnessError("libclang does not understand %s: %s" % (
                os.path.basename(path), bad[0].spelling))
        self.lib = self.cindex.conf.lib

    def place(self, location):
        """Offset in our file, or None when it is not ours."""
        file, line, column, offset = c_void_p(), c_uint(), c_uint(), c_uint()
        self.lib.clang_getFileLocation(location, byref(file), byref(line),
                                       byref(column), byref(offset))
        if not file.value:
            return None
        return offset.value

    def node(self, cursor):
        extent = cursor.extent
        start, end = self.place(extent.start), self.place(extent.end)
        if start is None or end is None:
            return None
        node = Node(cursor.kind.name, cursor.spelling, start, end)
        if node.kind == "VAR_DECL":
            c = self.cindex
            node.static = cursor.storage_class == c.StorageClass.STATIC
            node.pointer = cursor.type.get_canonical().kind not in (
                c.TypeKind.INT, c.TypeKind.UINT, c.TypeKind.BOOL,
                c.TypeKind.UCHAR, c.TypeKind.USHORT, c.TypeKind.SHORT,
                c.TypeKind.LONG, c.TypeKind.ULONG, c.TypeKind.LONGLONG,
                c.TypeKind.ULONGLONG, c.TypeKind.SCHAR, c.TypeKind.CHAR_U,
                c.TypeKind.CHAR_S)
        for child in cursor.get_children():
            sub = self.node(child)
            if sub:
                node.children.append(sub)
        return node

    def functions(self, names=None):
        """(name, node of the body) of the functions that the file defines, or
        of these."""
        missing = set(names or ())
        for cursor in self.tu.cursor.get_children():
            if cursor.kind != self.cindex.CursorKind.FUNCTION_DECL or \
                    not cursor.is_definition() or \
                    cursor.location.file is None or \
                    cursor.location.file.name != self.path or \
                    names and cursor.spelling not in names:
                continue
            missing.discard(cursor.spelling)
            for child in cursor.get_children():
                if child.kind == self.cindex.CursorKind.COMPOUND_STMT:
                    yield cursor.spelling, self.node(child)
        if missing:
            raise BadInput("mutate: %s has no function %s" % (
                os.path.basename(self.path), ", ".join(sorted(missing))))
