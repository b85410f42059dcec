# SPDX-License-Identifier: GPL-2.0-only
"""A reader for x86-64 ELF objects: symbols and what refers to them.

Reads just enough to tell undefined functions from undefined data.  Debug
sections are skipped.  It never writes.
"""

import struct

from errors import HarnessError

SHT_SYMTAB, SHT_RELA = 2, 4
SHF_ALLOC = 2
STB_LOCAL, STB_WEAK = 0, 2
STT_FUNC = 2

# A relocation that only a call or jump uses.
R_X86_64_PLT32 = 4


class Symbol:
    """One global symbol of one object."""

    __slots__ = ("name", "weak", "defined", "is_function", "called")

    def __init__(self, name, weak, defined, is_function):
        self.name = name
        self.weak = weak
        self.defined = defined
        self.is_function = is_function
        self.called = False


def string_at(table, offset):
    return table[offset:table.index(b"\0", offset)].decode()


def read_symbols(path):
    """The global and weak symbols of an object file, by name."""
    with open(path, "rb") as f:
        data = f.read()
    if data[:6] != b"\x7fELF\x02\x01":
        raise HarnessError("%s: not a 64-bit ELF object" % path)
    shoff, = struct.unpack_from("<Q", data, 40)
    shentsize, shnum, _ = struct.unpack_from("<HHH", data, 58)
    if not shnum:
        shnum, = struct.unpack_from("<Q", data, shoff + 32)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, shoff + i * shentsize)
                for i in range(shnum)]
    by_index, symbols, symtab = {}, {}, None
    for index, (_, kind, _, _, off, size, link, _, _, _) in \
            enumerate(sections):
        if kind != SHT_SYMTAB:
            continue
        symtab = index
        strings = sections[link]
        table = data[strings[4]:strings[4] + strings[5]]
        for n, (name, info, _, shndx, _, _) in enumerate(
                struct.iter_unpack("<IBBHQQ", data[off:off + size])):
            if info >> 4 == STB_LOCAL or not name:
                continue
            sym = Symbol(string_at(table, name), info >> 4 == STB_WEAK,
                         shndx != 0, info & 15 == STT_FUNC)
            by_index[n] = symbols[sym.name] = sym
    for (_, kind, _, _, off, size, link, target, _, _) in sections:
        if kind != SHT_RELA or link != symtab:
            continue
        if not sections[target][2] & SHF_ALLOC:
            continue
        for _, info, _ in struct.iter_unpack("<QQq", data[off:off + size]):
            if info & 0xffffffff == R_X86_64_PLT32:
                sym = by_index.get(info >> 32)
                if sym:
                    sym.called = True
    return symbols
