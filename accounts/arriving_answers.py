"""The answers of other people's servers, which may come slowly, or without end."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from requests import Response
from urllib3.exceptions import HTTPError

READ_AT_ONCE = 65_536


def body_of(answer: Response, *, most: int, seconds: float) -> bytes:
    """The body of an answer that is read as a stream, which is closed then; raises `ValueError` as `joined` does."""
    with answer:
        return joined(arriving(answer), most=most, due=time.monotonic() + seconds)


def arriving(answer: Response) -> Iterator[bytes]:
    """The body of the answer as it comes: `iter_content` waits until a piece is full.

    Raises `ValueError` where it breaks off.
    """
    try:
        while piece := answer.raw.read1(READ_AT_ONCE, decode_content=True):
            yield piece
    except HTTPError as error:
        raise ValueError("its answer breaks off") from error


def joined(pieces: Iterable[bytes], *, most: int, due: float) -> bytes:
    """The pieces of an answer; raises `ValueError` where it has more bytes than these, or is late."""
    content = b""
    for piece in pieces:
        content += piece
        if len(content) > most or time.monotonic() > due:
            raise ValueError("its answer is too long")
    return content
