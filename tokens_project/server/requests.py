"""Where a request ends in the bytes that have arrived, and gunicorn's request made of them; nothing here waits."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from gunicorn.http.body import ChunkedReader, LengthReader
from gunicorn.http.errors import ChunkMissingTerminator, LimitRequestHeaders, NoMoreData
from gunicorn.http.message import Request
from gunicorn.http.unreader import Unreader

from tokens_project.server.paths import takes_long_bodies

if TYPE_CHECKING:
    from gunicorn.config import Config

END_OF_HEAD = b"\r\n\r\n"
# Request line and headers together; proxies pass on the client's whole set of headers.
LONGEST_HEAD = 65_536
# What a page takes at the most (AVA-5). A longer body is not waited for: the application refuses it by its length.
LONGEST_BODY = 65_536
# And at the addresses of long bodies.
LONGEST_OF_LONG_BODIES = 131_072
# Chunks of one byte each make six of each byte; no client sends so.
CHUNKED_TO_PLAIN = 2
LONGEST_TRAILERS = 8190
# As `limit_request_line` says to gunicorn.
LONGEST_LINE = 8190
# The size of a chunk in digits, and what may stand behind it; longer is refused by gunicorn's own reader.
CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[;\s]|\Z)")
LONGEST_CHUNK_LINE = 8190
# gunicorn's reader of chunks copies, for each chunk, what it was handed behind it. Of a long body in chunks of one byte
# that made a gigabyte of copies where all was handed over at once, and held up everybody in the event loop.
HANDED_AT_ONCE = 1024


class Arrived(Unreader):  # type: ignore[misc] # gunicorn ships no types
    """Hands gunicorn's parser the bytes that have arrived; then it meets the end, rather than waiting for more."""

    def __init__(self, data: bytes, *, at_once: int = CHUNKED_TO_PLAIN * LONGEST_BODY) -> None:
        super().__init__()
        self._data = data
        self._position = 0
        self._at_once = at_once

    def chunk(self, size_hint: int | None = None) -> bytes:
        """The next piece; a longer one where so much of it is wanted."""
        start, self._position = self._position, self._position + max(self._at_once, size_hint or 0)
        return self._data[start : self._position]

    def left(self) -> bytes:
        """What the parser was not handed, or has given back."""
        return bytes(self.take_buffered()) + self._data[self._position :]


def head_has_arrived(arrived: bytearray, searched: int) -> bool:
    """Whether the head is whole, or already longer than any that is taken; `searched` bytes were looked at before."""
    # A request may follow one empty line (RFC 9112 §2.2), which does not end its head.
    start = 2 if arrived.startswith(b"\r\n") else 0
    if arrived.find(END_OF_HEAD, max(start, searched - len(END_OF_HEAD) + 1)) >= 0:
        return True
    return len(arrived) > LONGEST_HEAD


def is_too_long_a_line(arrived: bytearray) -> bool:
    """Whether what should be the request line is longer than is taken; its end need not have arrived."""
    return len(arrived) > LONGEST_LINE + 4 and arrived.find(b"\r\n", 2, LONGEST_LINE + 4) < 0


class Head(Request):  # type: ignore[misc] # gunicorn ships no types
    """gunicorn's request, to which no header of any client says the scheme or the path.

    What proxies say is read in `accounts.headers.forwarded`; gunicorn would look up for each request whether to believe
    it.
    """

    def _peer_trusted_for_forwarded(self) -> tuple[dict[str, str], list[str]]:
        return {}, []


def parsed_head(config: Config, arrived: bytes, client: Any, number: int) -> tuple[Any, bytes]:
    """gunicorn's request of a whole head, and what has arrived behind it; raises gunicorn's own exceptions."""
    if len(arrived) > LONGEST_HEAD and END_OF_HEAD not in arrived[2:]:
        raise LimitRequestHeaders("limit request head size")
    unreader = Arrived(arrived)
    request = Head(config, unreader, client, number)
    return request, unreader.left()


class BodyOfLength:
    """A body whose length its head says."""

    def __init__(self, length: int, longest: int = LONGEST_BODY) -> None:
        self.length, self.longest = length, longest

    def has_arrived(self, arrived: bytearray) -> bool:
        """Whether there is nothing more to wait for."""
        return len(arrived) >= self.length or self.length > self.longest

    def take(self, arrived: bytearray) -> bytes | None:
        """The body, taken away from what has arrived; None where it is too long to be read."""
        if self.length > self.longest:
            return None
        body = bytes(arrived[: self.length])
        del arrived[: self.length]
        return body


class ChunkedBody:
    """A body in chunks (RFC 9112 §7.1). Here it is only seen where it ends; gunicorn's own strict reader reads it."""

    def __init__(self, request: Any, longest: int) -> None:
        self.request = request
        self.longest, self.longest_in_chunks = longest, CHUNKED_TO_PLAIN * longest
        # Where the next line that says the size of a chunk begins.
        self.position = 0
        self.is_last = False

    def has_arrived(self, arrived: bytearray) -> bool:
        """Whether there is nothing more to wait for: it is whole, or too long, or gunicorn's reader will refuse it."""
        if len(arrived) > self.longest_in_chunks:
            return True
        while not self.is_last:
            end = arrived.find(b"\r\n", self.position)
            if end < 0:
                return len(arrived) - self.position > LONGEST_CHUNK_LINE
            size = CHUNK_SIZE.match(arrived, self.position, end)
            if size is None:
                return True
            length = int(size[1], 16)
            if length == 0:
                # The empty line behind the trailers begins at the end of this one.
                self.position, self.is_last = end, True
            else:
                self.position = end + 2 + length + 2
        return arrived.find(END_OF_HEAD, self.position) >= 0 or len(arrived) - self.position > LONGEST_TRAILERS

    def take(self, arrived: bytearray) -> bytes | None:
        """As of a length; raises gunicorn's exceptions for what is no chunked body."""
        if len(arrived) > self.longest_in_chunks:
            return None
        unreader = Arrived(bytes(arrived), at_once=HANDED_AT_ONCE)
        try:
            body = bytes(ChunkedReader(self.request, unreader).read(self.longest_in_chunks))
        except NoMoreData:
            raise ChunkMissingTerminator(b"") from None
        arrived[:] = unreader.left()
        return body if len(body) <= self.longest else None


def body_of(request: Any) -> BodyOfLength | ChunkedBody:
    """What is to arrive behind the head of this request."""
    reader = request.body.reader
    if isinstance(reader, ChunkedReader):
        return ChunkedBody(request, longest_body(request))
    return BodyOfLength(reader.length if isinstance(reader, LengthReader) else 0, longest_body(request))


def longest_body(request: Any) -> int:
    """The longest body that is waited for at the address of this request."""
    return LONGEST_OF_LONG_BODIES if takes_long_bodies(request.path) else LONGEST_BODY


def give_body(request: Any, body: bytes | None) -> None:
    """Give the request its body with its length, as if it had been sent so; None stands for one that is too long.

    A body in chunks has no length in its head, and WSGI applications read none without (PEP 3333).
    """
    length = longest_body(request) + 1 if body is None else len(body)
    framing = {"CONTENT-LENGTH", "TRANSFER-ENCODING"}
    if any(name == "TRANSFER-ENCODING" for name, _value in request.headers):
        request.headers = [header for header in request.headers if header[0] not in framing]
        if length:
            request.headers.append(("CONTENT-LENGTH", str(length)))
    request.body = io.BytesIO(body or b"")
