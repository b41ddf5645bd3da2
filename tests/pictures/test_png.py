"""A picture is the same one without its filters."""

from __future__ import annotations

import struct
import zlib

import pytest

from tests.pictures.png import SIGNATURE, chunk, chunks, without_filters

pytestmark = pytest.mark.once

# Two pixels a row, three bytes each. The same row by each filter of PNG, with what that keeps of it: the bytes
# themselves, then what differs from the pixel on the left, from the one above, from the mean of both, and from that of
# left, above and the corner to which left + above - corner is nearest.
ROW = bytes([10, 200, 30, 40, 100, 255])
FILTERED = [
    bytes([0, 10, 200, 30, 40, 100, 255]),
    bytes([1, 10, 200, 30, 30, 156, 225]),
    bytes([2, 0, 0, 0, 0, 0, 0]),
    bytes([3, 5, 100, 15, 15, 206, 113]),
    bytes([4, 0, 0, 0, 0, 0, 0]),
]


def picture(rows: list[bytes], width: int, colours: int) -> bytes:
    """A file as a browser may write it: the data in several parts, among others."""
    header = struct.pack(">IIBBBBB", width, len(rows), 8, colours, 0, 0, 0)
    pieces = zlib.compress(b"".join(rows))
    parts = [(b"IHDR", header), (b"tEXt", b"Software\0ours"), (b"IDAT", pieces[:9]), (b"IDAT", pieces[9:])]
    return SIGNATURE + b"".join(chunk(name, data) for name, data in [*parts, (b"IEND", b"")])


def stored_rows(image: bytes) -> bytes:
    return zlib.decompress(dict(chunks(image))[b"IDAT"])


def test_every_filter_is_taken_out_of_a_picture() -> None:
    image = without_filters(picture(FILTERED, width=2, colours=2))
    assert [name for name, _data in chunks(image)] == [b"IHDR", b"IDAT", b"IEND"]
    assert stored_rows(image) == (b"\0" + ROW) * len(FILTERED)


def test_the_last_filter_takes_the_nearest_of_left_above_and_corner() -> None:
    above = bytes([60, 60, 60, 10, 90, 62])
    image = without_filters(picture([b"\0" + above, bytes([4, 216, 216, 216, 253, 203, 243])], width=2, colours=2))
    # Of the second pixel the first byte is told from that above, the second from the corner, the third from the left.
    assert stored_rows(image)[7:] == bytes([0, 20, 20, 20, 7, 7, 7])


def test_a_picture_with_transparency_has_four_bytes_for_each_pixel() -> None:
    image = without_filters(picture([bytes([1, 1, 2, 3, 4, 1, 1, 1, 1])], width=2, colours=6))
    assert stored_rows(image) == bytes([0, 1, 2, 3, 4, 2, 3, 4, 5])
