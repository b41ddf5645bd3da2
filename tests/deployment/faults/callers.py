"""Callers of the deployment: they go through its proxy, over TLS, and know what they were told."""

from __future__ import annotations

import http.client
import os
import signal
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.command_server import Commands
from tests.deployment.deployed import Deployment
from tests.faults.life import Life
from tests.pauses import watched
from tests.service import Service
from tests.site_proxies import Browser
from trusted_apps.built_in import MANAGEMENT_API_URI, MANAGEMENT_SCOPES

PATIENCE, IN_A_ROW = 60, 20
ORDERS = "com.example/orders"
# What nginx answers where it knows nothing of the request that it has sent: nothing is known of it, as with a 503.
NOTHING_KNOWN = {502, 504}
# Each token has one entry of its issue, and one of its end (I3).
WITHOUT_THEIR_ENTRY = """
    SELECT count(*) FROM reference_tokens_referencetoken AS token
    WHERE 1 <> (
        SELECT count(*) FROM accounts_auditevent WHERE action = 'token:issue' AND target_id = token.id::text
    ) OR (revoked_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM accounts_auditevent WHERE action LIKE 'token:revoke%'
    ))
"""


@dataclass
class Callers(Life):
    """People and programs behind the proxy."""

    browser: Browser = field(kw_only=True)

    def expect(self, act: str, status: int, expected: set[int]) -> None:
        """As before; nginx asks another server for a revocation that was broken off, and that finds it done."""
        super().expect(act, status, expected | {401} if act == "revoke" else expected)

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, bytes]:
        """Status and body; (0, b"") where nothing came."""
        connection = http.client.HTTPConnection(f"tokens.example.com:{self.browser.port}", timeout=30)
        try:
            connection.sock = self.browser.connect()
            connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            return 503 if answer.status in NOTHING_KNOWN else answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()


def callers_of(deployment: Deployment) -> Callers:
    """The callers, and the application, the API and the program that they work with."""
    watched()
    made = deployment.command("create_resource_server", "Orders API", "--all-applications", "--json").json
    opened = ("--access-tokens", "AdministratorsOnly", "--system-user", "svc-orders")
    for words in (
        ("create_user", "svc-orders", "--system"),
        ("create_application", ORDERS, "--name", "Orders", "--scopes", "read", *opened),
        ("update_application", MANAGEMENT_API_URI, *opened),
    ):
        outcome = deployment.command(*words)
        assert outcome.status == 0, outcome.stderr
    issued = ("issue_token", "--application", MANAGEMENT_API_URI, "--service", "--json")
    manager = deployment.command(*issued, "--scopes", " ".join(sorted(MANAGEMENT_SCOPES))).json["token"]
    found: list[dict[str, Any]] = deployment.command("list_applications", "--json").json["applications"]
    [application_id] = [each["id"] for each in found if each["application_uri"] == ORDERS]
    # Nothing is asked of it but the secrets.
    service = Service(deployment.ports[0], deployment.settings, made, Commands(deployment.machine.folder))
    browser = Browser(urlsplit(deployment.origin).port or 0, deployment.certificate, 0)
    callers = Callers(service, application_id, manager, browser=browser)
    for _number in range(10):
        callers.issue(Random(0))
    assert len(callers.tokens) == 10, callers.wrong
    return callers


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """The process stands still for the time of the block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def children(pid: int) -> list[int]:
    """The processes that this one has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Since:
    """What the callers were answered since a moment."""

    def __init__(self, callers: Callers) -> None:
        self.callers, self.first, self.began = callers, len(callers.answers), monotonic()

    def told(self) -> str:
        """It in words."""
        answers = self.callers.answers[self.first :]
        times = [took for _at, took, _status in answers]
        unknown = sum(status != 200 for _at, _took, status in answers)
        slowest = 1000 * statistics.quantiles(times, n=100)[-1]
        said = f"{len(answers):,} validations, {unknown:,} of them 503"
        return f"{said}; p99 {slowest:,.0f} ms, longest {max(times):.1f} s"

    def wait_until_all_is_well(self) -> float:
        """Seconds from the beginning until twenty validations in a row, and none from before it, were answered."""
        deadline = self.began + PATIENCE
        while monotonic() < deadline:
            last = self.callers.answers[self.first :][-IN_A_ROW:]
            if len(last) == IN_A_ROW and {status for _at, _took, status in last} == {200}:
                return last[0][0] - self.began
            sleep(0.01)
        raise AssertionError(self.callers.answers[-IN_A_ROW:])


def entries_that_lack(database: str) -> int:
    """How many tokens lack an entry of the audit log, or have two."""
    with psycopg.connect(database) as connection:
        return int((connection.execute(WITHOUT_THEIR_ENTRY).fetchone() or [0])[0])
