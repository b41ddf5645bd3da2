"""Lives of tokens at two servers of one instance, as people, an API and a proxy lead them, one after the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import httpx2 as httpx

from tests.pages import form_of, secret_of
from tests.postgresql import kept_port

NEW = "/profile/security/tokens/new/"
TOKENS = "/profile/security/tokens/"
# So long an answer may take, in seconds; the machine may be busy.
PATIENCE = 60


class Failed(Exception):
    """An answer that is none which its caller can work with."""


class Balancer:
    """Leads to one server after the other; one is taken out before it is ended."""

    def __init__(self, ports: list[int]) -> None:
        self.on_their_way, self.out = dict.fromkeys(ports, 0), set[int]()
        self.changed = threading.Condition()
        self.turn = count()

    @contextmanager
    def way(self) -> Iterator[int]:
        """The port of a server, for one request."""
        with self.changed:
            ports = [port for port in self.on_their_way if port not in self.out]
            port = ports[next(self.turn) % len(ports)]
            self.on_their_way[port] += 1
        try:
            yield port
        finally:
            with self.changed:
                self.on_their_way[port] -= 1
                self.changed.notify_all()

    @contextmanager
    def without(self, port: int) -> Iterator[None]:
        """Nobody is led to the port during the block, which begins once those are answered who were."""
        with self.changed:
            self.out.add(port)
            assert self.changed.wait_for(lambda: not self.on_their_way[port], PATIENCE)
        yield
        with self.changed:
            self.out.remove(port)


class Person:
    """Alice in her browser, beside the example API and the proxy in front of it."""

    def __init__(self, balancer: Balancer, secrets: dict[str, Any], name: str) -> None:
        self.balancer, self.http = (
            balancer,
            httpx.Client(timeout=PATIENCE, limits=httpx.Limits(max_keepalive_connections=0)),
        )
        self.api = (secrets["client_id"], secrets["client_secret"])
        self.name, self.numbers, self.asked = name, count(1), 0
        fields = form_of(self.ask("GET", "/accounts/login/"), "/accounts/login/")
        typed = {"login": "alice", "password": secrets["passwords"]["alice"]}
        self.ask("POST", "/accounts/login/", 302, data={**fields, **typed})

    def ask(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        """The answer, which is counted; raises `Failed` where it has another status, or there is none."""
        with self.balancer.way() as port:
            try:
                answer = self.http.request(method, f"http://localhost:{port}{path}", **options)
            except httpx.HTTPError as error:
                raise Failed(f"{method} {path} at {port}: {error!r}") from error
        if answer.status_code != status:
            raise Failed(f"{method} {path} at {port}: {answer.status_code} {answer.text[:2000]}")
        self.asked += 1
        return answer

    def lead_a_life(self) -> None:
        """Issue a token, use it at every door, revoke it: each answer is right, whichever release gives it."""
        description = f"{self.name} {next(self.numbers)}"
        token = self.issued(description)
        self.expect_active(token, active=True)
        self.ask("GET", f"/auth/resource/{self.api[0]}", headers={"Authorization": f"Bearer {token}"})
        if description not in self.ask("GET", TOKENS).text:
            raise Failed(f"{description} is not in the list of its holder")
        self.ask("DELETE", "/api/token", 204, headers={"Authorization": f"Bearer {token}"})
        self.expect_active(token, active=False)
        self.ask("GET", f"/auth/resource/{self.api[0]}", 401, headers={"Authorization": f"Bearer {token}"})

    def issued(self, description: str) -> str:
        """A new token, by the form."""
        fields = form_of(self.ask("GET", NEW), NEW)
        return secret_of(self.ask("POST", NEW, data={**fields, "description": description}))

    def expect_active(self, token: str, *, active: bool) -> None:
        """Ask as the API does."""
        told = self.ask("POST", "/oauth/introspect", auth=self.api, data={"token": token}).json()
        if told["active"] is not active:
            raise Failed(f"introspection says {told} of a token that is {'good' if active else 'revoked'}")


class Load:
    """What several people do until it ends, how much was asked, and what failed."""

    def __init__(self, people: list[Person]) -> None:
        self.people, self.failures = people, list[str]()
        self._is_over = threading.Event()

    @property
    def asked(self) -> int:
        """How many requests were answered as they should."""
        return sum(person.asked for person in self.people)

    def wait_for(self, more: int) -> None:
        """Return once so many more requests are answered; raises `AssertionError` where they come to nothing."""
        enough, deadline = self.asked + more, time.monotonic() + PATIENCE + more
        while self.asked < enough and not self.failures:
            assert time.monotonic() < deadline, "no answers"
            time.sleep(0.02)

    def lead(self, person: Person) -> None:
        """One life after the other."""
        while not self._is_over.is_set():
            try:
                person.lead_a_life()
            except (Failed, AssertionError) as error:
                self.failures.append(str(error))

    def end(self) -> None:
        """Begin no more lives."""
        self._is_over.set()


@contextmanager
def load(balancer: Balancer, secrets: dict[str, Any], people: int = 3) -> Iterator[Load]:
    """Lives of tokens, for the time of the block."""
    led = Load([Person(balancer, secrets, f"Person {number}") for number in range(people)])
    threads = [threading.Thread(target=led.lead, args=[person]) for person in led.people]
    for thread in threads:
        thread.start()
    try:
        yield led
    finally:
        led.end()
        for thread in threads:
            thread.join(PATIENCE)


def two_ports() -> list[int]:
    """Ports for two servers, which start and end more than once."""
    first, second = kept_port(), kept_port()
    assert first != second
    return [first, second]
