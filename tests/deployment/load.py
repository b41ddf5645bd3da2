"""Clients that ask all the time, each over connections that it keeps, and what they did not get."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.introspection import FORM, credentials

# The seconds that nothing may come, on a machine that is busy; each answer may take one more.
PATIENCE = 60


class Asked(NamedTuple):
    """One request, and what its answer must be."""

    method: str
    path: str
    body: str
    headers: dict[str, str]
    status: int
    content: bytes


def mixed(server: Any, token: str) -> list[Asked]:
    """An introspection, forward auth, and a page."""
    form = urlencode({"token": token})
    host = {"Host": "tokens.example.com"}
    authorized = {**host, "Authorization": credentials(server), "Content-Type": FORM}
    bearer = {**host, "Authorization": f"Bearer {token}"}
    return [
        Asked("POST", "/oauth/introspect", form, authorized, 200, b'"active": true'),
        Asked("GET", f"/auth/resource/{server.client_id}", "", bearer, 200, b'"active": true'),
        Asked("GET", "/accounts/login/", "", host, 200, b"csrfmiddlewaretoken"),
    ]


class Kept(http.client.HTTPConnection):
    """A connection that is made as the test says, and again once the other end has said that it closes it."""

    def __init__(self, connects: Callable[[], socket.socket]) -> None:
        super().__init__("tokens.example.com")
        self._connects = connects

    def connect(self) -> None:
        self.sock = self._connects()


class Load:
    """What a number of clients ask at the same time, until they are told to stop."""

    def __init__(self, asked: list[Asked]) -> None:
        self.asked = asked
        self.answers = 0
        # The longest that an answer took, in seconds.
        self.longest = 0.0
        self.failed: list[str] = []
        self._counting = threading.Lock()
        self._ends = threading.Event()

    def ask_until_told(self, connects: Callable[[], socket.socket]) -> None:
        """One client; every seventh request is the last of its connection."""
        connection = Kept(connects)
        for number, asked in enumerate(cycle(self.asked)):
            if self._ends.is_set():
                break
            began = time.monotonic()
            failure = self._ask(connection, asked)
            with self._counting:
                self.answers += 1
                self.longest = max(self.longest, time.monotonic() - began)
                self.failed += [failure] if failure else []
            if number % 7 == 6 or failure:
                connection.close()
        connection.close()

    def _ask(self, connection: Kept, asked: Asked) -> str:
        """What is wrong with the answer; nothing where it is as it must be."""
        try:
            connection.request(asked.method, asked.path, asked.body or None, asked.headers)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            return f"{asked.method} {asked.path}: {error!r}"
        if response.status == asked.status and asked.content in body:
            return ""
        return f"{asked.method} {asked.path}: {response.status} {body[:200]!r}"

    def wait_for(self, answers: int) -> None:
        """Return once so many were given; raises `AssertionError` where one failed, or they come to nothing."""
        deadline = time.monotonic() + PATIENCE + answers
        while self.answers < answers:
            assert not self.failed, self.failed
            assert time.monotonic() < deadline, f"{self.answers} of {answers} answers"
            time.sleep(0.05)

    def end(self) -> None:
        """No further request."""
        self._ends.set()


@contextmanager
def load(asked: list[Asked], clients: list[Callable[[], socket.socket]]) -> Iterator[Load]:
    """Have each of these clients ask for the time of the block."""
    running = Load(asked)
    threads = [threading.Thread(target=running.ask_until_told, args=(connects,)) for connects in clients]
    for thread in threads:
        thread.start()
    try:
        yield running
    finally:
        running.end()
        for thread in threads:
            thread.join()
