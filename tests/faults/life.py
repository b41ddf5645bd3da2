"""Callers that issue, validate and revoke tokens at once, and what they saw: no answer may contradict another.

A token that a caller got validates until somebody revokes it (I1). One that was answered as revoked never does again
(I2). What broke off may have happened or not, and is not held against the service.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlencode

from tests.pauses import is_in_time, watched
from tests.service import Service
from trusted_apps.built_in import MANAGEMENT_API_URI, MANAGEMENT_SCOPES

CALLERS = 3
PAUSE_SECONDS = 0.002


@dataclass(eq=False)
class Seen:
    """A token as its callers know it; `may_end` from the moment in which somebody asks to revoke it."""

    token: str
    may_end: bool = False
    has_ended: bool = False


@dataclass
class Life:
    """What the callers of a service have seen so far."""

    service: Service
    application_id: str
    manager: str
    tokens: list[Seen] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    # When each validation was answered, how long that took, and with which status.
    answers: list[tuple[float, float, int]] = field(default_factory=list)

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, bytes]:
        """Status and body; (0, b"") where the answer broke off or came too late."""
        connection = http.client.HTTPConnection("localhost", self.service.port, timeout=30)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def issue(self, _chance: Random) -> None:
        """Issue a token, and know it where the answer tells it."""
        if token := self.issued(self.application_id):
            self.tokens.append(Seen(token))

    def issued(self, application_id: str) -> str:
        """The value of a new token of the application; empty where no answer tells it."""
        path = f"/api/v1/applications/{application_id}/tokens"
        headers = {"Authorization": f"Bearer {self.manager}", "Content_Type": "application/json"}
        status, body = self.ask("POST", path, json.dumps({"scopes": ["read"], "expires_in_days": 7}), **headers)
        self.expect("issue", status, {201, 503, 0})
        return str(json.loads(body)["token"]) if status == 201 else ""

    def revoke(self, chance: Random) -> int:
        """Revoke a token that lives, as its holder; returns the status, 0 where too few live or no answer came.

        It has ended where the answer says so.
        """
        living = [seen for seen in self.tokens if not seen.may_end]
        if len(living) < CALLERS:
            return 0
        seen = chance.choice(living)
        seen.may_end = True
        status, _body = self.ask("DELETE", "/api/token", X_Api_Key=seen.token)
        seen.has_ended = status == 204
        self.expect("revoke", status, {204, 503, 0})
        return status

    def validate(self, chance: Random) -> int:
        """Validate a token, and hold the answer against what was known before and after it; returns its status."""
        seen = chance.choice(self.tokens)
        had_ended, began = seen.has_ended, monotonic()
        form = {key: self.service.secrets[key] for key in ("client_id", "client_secret")} | {"token": seen.token}
        content = "application/x-www-form-urlencoded"
        status, body = self.ask("POST", "/oauth/introspect", urlencode(form), Content_Type=content)
        took = monotonic() - began
        self.answers.append((monotonic(), took, status))
        self.expect("validate", status, {200, 503})
        if not is_in_time(began):
            self.wrong.append(f"a validation took {took:.1f} seconds")
        if status == 200:
            self.hold(seen, had_ended=had_ended, is_active=json.loads(body)["active"])
        return status

    def hold(self, seen: Seen, *, had_ended: bool, is_active: bool) -> None:
        """Note an answer that contradicts what a caller was told."""
        if is_active and had_ended:
            self.wrong.append("a token that was revoked validated (I2)")
        if not is_active and not seen.may_end:
            self.wrong.append("a token that was issued did not validate (I1)")

    def expect(self, act: str, status: int, expected: set[int]) -> None:
        """Note an answer of another kind."""
        if status not in expected:
            self.wrong.append(f"{act}: {status}")

    @contextmanager
    def goes_on(self) -> Iterator[None]:
        """Have callers of each kind act for the time of the block."""
        ends = threading.Event()

        def act(number: int, name: str) -> None:
            chance, call = Random(number), getattr(self, name)
            while not ends.is_set():
                call(chance)
                sleep(PAUSE_SECONDS)

        acts = [*["validate"] * CALLERS, "issue", "revoke"]
        callers = [threading.Thread(target=act, args=each) for each in enumerate(acts)]
        for caller in callers:
            caller.start()
        try:
            yield
        finally:
            ends.set()
            for caller in callers:
                caller.join()

    def wait_for(self, statuses: set[int], *, number: int = 20, seconds: float = 60) -> float:
        """Wait until so many validations one after the other had one of these statuses; returns when they began."""
        deadline = monotonic() + seconds
        while monotonic() < deadline:
            last = self.answers[-number:]
            if len(last) == number and {status for _at, _took, status in last} <= statuses:
                return last[0][0]
            sleep(0.01)
        raise AssertionError(self.answers[-number:])

    def hold_all(self) -> None:
        """Hold every token against what was told of it, now that nothing is under way; then what was noted."""
        for seen in self.tokens:
            form = {key: self.service.secrets[key] for key in ("client_id", "client_secret")} | {"token": seen.token}
            content = "application/x-www-form-urlencoded"
            status, body = self.ask("POST", "/oauth/introspect", urlencode(form), Content_Type=content)
            assert status == 200, status
            self.hold(seen, had_ended=seen.has_ended, is_active=json.loads(body)["active"])
        assert not self.wrong, sorted(set(self.wrong))


def life_of(service: Service) -> Life:
    """Its callers, who know some tokens already. The service runs with `API_RATE=0`."""
    watched()
    manager = manager_of(service)
    found: list[dict[str, Any]] = service.manage("list_applications")["applications"]
    [application_id] = [each["id"] for each in found if each["application_uri"] == "com.example/excel"]
    life = Life(service, application_id, manager)
    for _number in range(10):
        life.issue(Random(0))
    assert len(life.tokens) == 10, life.wrong
    return life


def manager_of(service: Service) -> str:
    """A token with which a program may do everything, over the management API."""
    robot = service.unused("automation")
    service.manage("create_user", robot, "--system")
    opened = ["--access-tokens", "AdministratorsOnly", "--system-user", robot]
    service.manage("update_application", MANAGEMENT_API_URI, *opened)
    scopes = " ".join(sorted(MANAGEMENT_SCOPES))
    issued = service.manage("issue_token", "--application", MANAGEMENT_API_URI, "--service", "--scopes", scopes)
    return str(issued["token"])
