"""Pictures of pages a quarter smaller, without loss: a page is flat areas, which the filters of PNG only break up."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {2: 3, 6: 4}


def without_filters(image: bytes) -> bytes:
    """The same picture, each row stored as it is; as a browser makes them, with 8 bits for each colour."""
    parts = dict(chunks(image))
    width, height, _bits, colours = struct.unpack(">IIBB", parts[b"IHDR"][:10])
    filtered = zlib.decompress(b"".join(data for name, data in chunks(image) if name == b"IDAT"))
    rows = unfiltered(filtered, height, width * CHANNELS[colours], CHANNELS[colours])
    stored = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    new = ((b"IHDR", parts[b"IHDR"]), (b"IDAT", stored), (b"IEND", b""))
    return SIGNATURE + b"".join(chunk(name, data) for name, data in new)


def chunks(image: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The parts of the file, by their names."""
    place = len(SIGNATURE)
    while place < len(image):
        (length,) = struct.unpack_from(">I", image, place)
        yield image[place + 4 : place + 8], image[place + 8 : place + 8 + length]
        place += 12 + length


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def unfiltered(filtered: bytes, height: int, length: int, step: int) -> Iterator[bytes]:
    """The rows as they were before each was stored as what differs from its neighbours."""
    above = bytearray(length + step)
    for place in range(0, height * (length + 1), length + 1):
        kind = filtered[place]
        # What is left of the first pixel is 0.
        row = bytearray(step) + filtered[place + 1 : place + 1 + length]
        for at in range(step, length + step if kind else 0):
            row[at] = (row[at] + expected(kind, row[at - step], above[at], above[at - step])) & 255
        above = row
        yield bytes(row[step:])


def expected(kind: int, left: int, above: int, corner: int) -> int:
    """What a filter expects of a byte."""
    if kind < 4:
        return (0, left, above, (left + above) // 2)[kind]
    return min((left, above, corner), key=lambda one: abs(left + above - corner - one))
