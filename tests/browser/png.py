# SPDX-License-Identifier: GPL-2.0-only
"""A screenshot in 256 colours: a third of the size, and no eye sees it.  8-bit RGB as Chromium writes it, nothing else."""

import collections
import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunks(data):
    at = len(SIGNATURE)
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        yield kind, data[at + 8:at + 8 + size]
        at += 12 + size


def paeth(a, b, c):
    pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def lines(raw, width, height):
    """PNG's five filters, undone."""
    stride, at, above = 3 * width, 0, bytes(3 * width)
    for _ in range(height):
        kind, line = raw[at], bytearray(raw[at + 1:at + 1 + stride])
        at += 1 + stride
        for i in range(stride if kind else 0):
            left, corner = (line[i - 3], above[i - 3]) if i > 2 else (0, 0)
            line[i] = (line[i] + (0, left, above[i], (left + above[i]) >> 1, 0)[kind] +
                       (paeth(left, above[i], corner) if kind == 4 else 0)) & 255
        yield line
        above = line


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def fewer_colours(data):
    parts = list(chunks(data))
    width, height, depth, colour = struct.unpack(">IIBB", parts[0][1][:10])
    if (depth, colour) != (8, 2):
        raise ValueError("not 8-bit RGB")
    rows = [list(zip(line[0::3], line[1::3], line[2::3])) for line in lines(
        zlib.decompress(b"".join(d for kind, d in parts if kind == b"IDAT")), width, height)]
    seen = collections.Counter(pixel for row in rows for pixel in row)
    palette = [pixel for pixel, _ in seen.most_common(256)]

    def distance(a, b):
        return sum((x - y) ** 2 for x, y in zip(a, b))
    nearest = {p: min(range(len(palette)), key=lambda i: distance(palette[i], p)) for p in seen}
    body = b"".join(b"\0" + bytes(nearest[p] for p in row) for row in rows)
    return SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)) + chunk(
        b"PLTE", b"".join(map(bytes, palette))) + chunk(b"IDAT", zlib.compress(body, 9)) + chunk(b"IEND", b"")
