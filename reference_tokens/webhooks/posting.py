"""Posting a message: to an address that was looked up and checked once, within one deadline, redirects not followed.

The standard library's own client would look the name up again where it connects, and wait for each line of a slow
answer anew.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from reference_tokens.models import WebhookDelivery
from reference_tokens.webhooks.hosts import Place, allowed_places

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Fault = WebhookDelivery.Fault

# For everything: connecting, TLS, sending and the answer.
MOST_SECONDS = 10
# Of an answer so much is read, which is its status and some headers.
MOST_BYTES = 4096
SECONDS_FOR_THE_REST = 1
# Of several addresses of a host so many are tried.
MOST_PLACES = 3
PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted, and where."""

    url: str
    headers: dict[str, str] = field(repr=False)
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """The status that the receiver answered, or why there is none."""

    status: int | None = None
    fault: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the receiver took the message."""
        return self.status is not None and http.client.OK <= self.status < http.client.MULTIPLE_CHOICES


class NotPosted(Exception):
    """Nothing answered; `fault` says why."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


def post(message: Message) -> Answer:
    """Post the message, once; returns what came of it, and raises nothing."""
    until = time.monotonic() + MOST_SECONDS
    try:
        return Answer(status=status_of(message, until))
    except NotPosted as refused:
        return Answer(fault=refused.fault)
    except ssl.SSLError:
        return Answer(fault=Fault.TLS)
    except TimeoutError:
        return Answer(fault=Fault.TIMEOUT)
    # Before those of HTTP: a connection that is closed without an answer is an error of both kinds.
    except OSError:
        return Answer(fault=Fault.NO_CONNECTION)
    except (http.client.HTTPException, ValueError):
        return Answer(fault=Fault.NO_HTTP)


def status_of(message: Message, until: float) -> int:
    """The status with which the receiver answers the message; raises `NotPosted`, `OSError` or `HTTPException`."""
    parts = urlsplit(message.url)
    with connected(parts, until) as connection:
        connection.settimeout(left(until))
        connection.sendall(as_http(parts, message))
        reader = Reader(connection, until)
        answer = http.client.HTTPResponse(Answering(reader), method="POST")  # type: ignore[arg-type] # of a socket it asks for a file alone
        answer.begin()
        # A receiver that is still writing its answer would take the end of the connection for a failure.
        reader.until = min(until, time.monotonic() + SECONDS_FOR_THE_REST)
        with suppress(OSError, http.client.HTTPException):
            answer.read(MOST_BYTES)
        return answer.status


def connected(parts: SplitResult, until: float) -> socket.socket:
    """A connection to the host of an address, by TLS where that says so; raises `NotPosted` or `OSError`."""
    host = parts.hostname or ""
    connection = connected_to_one(places_to(host, parts.port or PORTS[parts.scheme]), until)
    if parts.scheme != "https":
        return connection
    try:
        connection.settimeout(left(until))
        return tls().wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise


def places_to(host: str, port: int) -> list[Place]:
    """The ways to a host that may be taken; raises `NotPosted` where there is none."""
    try:
        places = allowed_places(host, port)
    except (OSError, UnicodeError) as error:
        raise NotPosted(Fault.NO_HOST) from error
    if not places:
        raise NotPosted(Fault.NOT_ALLOWED)
    return places[:MOST_PLACES]


def connected_to_one(places: list[Place], until: float) -> socket.socket:
    """A connection to the first of these that takes one; raises the `OSError` of the last.

    Each is waited for as long as leaves the same for those that follow: one may lead nowhere.
    """
    failed: OSError | None = None
    for number_left, place in zip(range(len(places), 0, -1), places, strict=True):
        connection = socket.socket(place.family, socket.SOCK_STREAM)
        try:
            connection.settimeout(left(until) / number_left)
            connection.connect(place.sockaddr)
        except OSError as error:
            connection.close()
            failed = error
        else:
            return connection
    assert failed  # noqa: S101 - for the type checker: there was a place
    raise failed


@cache
def tls() -> ssl.SSLContext:
    """What TLS trusts: what this machine does."""
    return ssl.create_default_context()


def left(until: float) -> float:
    """The seconds until the deadline; raises `TimeoutError` after it."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def as_http(parts: SplitResult, message: Message) -> bytes:
    """The message as HTTP/1.1."""
    body = message.body.encode()
    headers = {
        "Host": parts.netloc.rpartition("@")[2],
        "User-Agent": "Reference-Tokens-Webhooks/1",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
    } | message.headers
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {target} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


class Answering:
    """What `HTTPResponse` takes for a connection."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def makefile(self, _mode: str) -> io.BufferedReader:
        """The file that the answer is read from."""
        return io.BufferedReader(self._reader, 1024)


class Reader(io.RawIOBase):
    """What comes from a connection until the deadline; it ends where the answer gets too long."""

    def __init__(self, connection: socket.socket, until: float) -> None:
        super().__init__()
        self.until = until
        self._connection, self._room = connection, MOST_BYTES

    def readable(self) -> bool:
        """It is read from."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read what is there; 0 at the end."""
        self._connection.settimeout(left(self.until))
        with memoryview(buffer) as view, view.cast("B") as room:
            count = self._connection.recv_into(room, min(len(room), self._room)) if self._room else 0
        self._room -= count
        return count
