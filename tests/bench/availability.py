"""Validation while others hold connections (AVA-1) or open pages (AVA-3): the time within which 99 of 100 come."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext

from tests.bench import contestants as who
from tests.bench.bars import Finding
from tests.bench.beside import no_slower
from tests.bench.client import load
from tests.bench.databases import Place, sqlite
from tests.bench.report import Report
from tests.bench.rounds import Rounds, rounds_of
from tests.bench.sizes import Sizes

HELD = 200
# Beginnings of requests: nothing, a letter, and a head whose body does not come.
BEGINNINGS = (
    b"",
    b"P",
    b"POST /oauth/introspect HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\ntoken=",
)
PAGE = b"GET /accounts/login/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
PAGES_AT_ONCE = 4


def availability(_place: Place, sizes: Sizes) -> Report:
    """Each trouble in turns with quiet."""
    with rounds_of(sqlite(sizes.tokens), who.ours(sqlite(sizes.tokens))[:1]) as rounds:
        findings = [
            finding("AVA-1: 200 connections that are slow or silent", rounds, held_connections, sizes),
            finding("AVA-3: pages opened without a pause", rounds, opened_pages, sizes),
        ]
    return Report(findings)


def finding(what: str, rounds: Rounds, trouble: Callable[[int], Iterator[None]], sizes: Sizes) -> Finding:
    """Rounds of the trouble in turns with quiet ones."""
    contestant, server = next(iter(rounds.servers.items()))
    latencies: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(sizes.rounds):
        for is_troubled in latencies:
            with contextmanager(trouble)(server.port) if is_troubled else nullcontext():
                latencies[is_troubled] += rounds.load(contestant, sizes.requests, connections=2).latencies
    return no_slower(what, latencies[False], latencies[True])


def held_connections(port: int) -> Iterator[None]:
    """Connections that begin and go no further."""
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(HELD)]
    for number, connection in enumerate(held):
        connection.sendall(BEGINNINGS[number % len(BEGINNINGS)])
    try:
        yield
    finally:
        for connection in held:
            connection.close()


def opened_pages(port: int) -> Iterator[None]:
    """The page of signing in, on a few connections."""
    over = threading.Event()

    def pages() -> Iterator[bytes]:
        while not over.is_set():
            yield PAGE

    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(load, port, pages(), b"<form", connections=PAGES_AT_ONCE)
        try:
            yield
        finally:
            over.set()
        # Raises where a page was not shown: there was less trouble then than the finding says.
        opening.result()
