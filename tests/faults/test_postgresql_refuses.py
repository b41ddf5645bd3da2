"""A PostgreSQL that lets nobody in, for whatever reason: 503 in time, and all goes on by itself once it does again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any, LiteralString, NamedTuple

import httpx2 as httpx
import psycopg
import pytest

from tests import postgresql
from tests.command_line import STRONG_KEYS
from tests.faults.life import Life, life_of
from tests.long_runs import rounds
from tests.pages import AFTER_SIGN_IN, form_of
from tests.pauses import in_time
from tests.service import PASSWORD, Service, running

pytestmark = pytest.mark.once

# What docs/postgresql.md says of a server process.
CONNECTIONS = 13
WORKERS = 2
FIRST_ROLE = "CREATE ROLE service LOGIN PASSWORD 'first'"
END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'service'"
# Those that stay: for a moment a thread may open one more, to ask whether the server lives, or show one that is closed.
NUMBER = """
    SELECT count(*) FROM pg_stat_activity
    WHERE usename = 'service' AND backend_start < clock_timestamp() - interval '1 second'
"""
# On every day, as the day (UTC) may end meanwhile.
USES = """
    SELECT (SELECT COALESCE(sum(accepted_on_day), 0) FROM reference_tokens_tokenuse)
        + (SELECT COALESCE(sum(accepted), 0) FROM reference_tokens_dailyuse)
"""
UNLIMITED = "ALTER ROLE service CONNECTION LIMIT -1"


class Served(NamedTuple):
    """The product as a role that is no superuser; `url` is the superuser's."""

    service: Service
    life: Life
    url: str

    def execute(self, *statements: LiteralString) -> Any:
        """Run the statements; returns the value of the last."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                done = connection.execute(statement)
            return (done.fetchone() or [None])[0] if done.description else None

    @property
    def rules(self) -> Path:
        """The file that says who is let in."""
        return Path(self.execute("SHOW hba_file"))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    programs = postgresql.programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with ExitStack() as stack:
        url = stack.enter_context(postgresql.server(programs))
        before = Served(None, None, url)  # type: ignore[arg-type] # for its statements alone
        before.execute(FIRST_ROLE, "CREATE DATABASE tokens OWNER service")
        before.rules.write_text("host all service all scram-sha-256\n" + before.rules.read_text())
        before.execute("SELECT pg_reload_conf()")
        own = url.replace("tokens@", "service:first@").replace("/postgres", "/tokens")
        settings = {"DATABASE_URL": own, "API_RATE": "0", "WORKERS": str(WORKERS), **STRONG_KEYS}
        service = stack.enter_context(running(tmp_path_factory.mktemp("service"), **settings))
        yield Served(service, life_of(service), url)


@pytest.fixture(scope="module")
def browser(served: Served) -> Iterator[httpx.Client]:
    """Somebody who has just signed in."""
    with httpx.Client(base_url=served.service.address, follow_redirects=True, timeout=30) as client:
        login = served.service.person("grace")
        fields = form_of(client.get("/accounts/login/"), "/accounts/login/") | {"login": login, "password": PASSWORD}
        page = client.post("/accounts/login/", data=fields)
        assert (page.status_code, page.url.path) == (200, AFTER_SIGN_IN)
        yield client


@contextmanager
def no_connections(served: Served) -> Iterator[None]:
    """The limit of the role is reached."""
    served.execute("ALTER ROLE service CONNECTION LIMIT 0", END_ALL)
    try:
        yield
    finally:
        served.execute(UNLIMITED)


@contextmanager
def rejected(served: Served) -> Iterator[None]:
    """`pg_hba.conf` rejects the role."""
    rules = served.rules.read_text()
    served.rules.write_text("host all service all reject\n" + rules)
    served.execute("SELECT pg_reload_conf()", END_ALL)
    try:
        yield
    finally:
        served.rules.write_text(rules)
        served.execute("SELECT pg_reload_conf()")


@contextmanager
def another_password(served: Served) -> Iterator[None]:
    """The password of the role is another one."""
    served.execute("ALTER ROLE service PASSWORD 'second'", END_ALL)
    try:
        yield
    finally:
        served.execute("ALTER ROLE service PASSWORD 'first'")


@contextmanager
def closed(served: Served) -> Iterator[None]:
    """The database takes no connections."""
    served.execute("ALTER DATABASE tokens ALLOW_CONNECTIONS false", END_ALL)
    try:
        yield
    finally:
        served.execute("ALTER DATABASE tokens ALLOW_CONNECTIONS true")


def statuses(served: Served, number: int = 16) -> set[int]:
    """What so many validations at once are answered, each in time."""
    with ThreadPoolExecutor(8) as pool:
        return set(pool.map(served.life.validate, map(Random, range(number))))


def eventually(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + 60
    while not holds():
        assert monotonic() < deadline
        sleep(0.1)


@pytest.mark.parametrize("refusal", [no_connections, rejected, another_password, closed])
def test_val4_whoever_is_not_let_in_answers_503_in_time_and_goes_on_by_itself(
    served: Served, browser: httpx.Client, refusal: Callable[[Served], Any]
) -> None:
    with refusal(served):
        assert statuses(served) == {503}
        with in_time():
            page = browser.get("/profile/security/tokens/")
        assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
        assert "Temporarily unavailable" in page.text
        for path, status in (("/readyz", 503), ("/healthz", 200)):
            with in_time():
                assert served.life.ask("GET", path)[0] == status
    eventually(lambda: statuses(served) == {200})
    assert browser.get("/profile/security/tokens/").status_code == 200
    served.life.hold_all()


@pytest.mark.long_run
def test_connections_that_are_ended_while_tokens_are_issued_and_revoked_give_no_wrong_answer(served: Served) -> None:
    with served.life.goes_on():
        for _number in range(rounds(20, long=500)):
            served.execute(END_ALL)
            sleep(0.05)
        served.life.wait_for({200})
    served.life.hold_all()


def test_a_server_that_takes_no_writes_validates_and_notes_the_uses_later(
    served: Served, browser: httpx.Client
) -> None:
    tokens = served.url.replace("/postgres", "/tokens")

    def noted() -> int:
        with psycopg.connect(tokens) as connection:
            return int((connection.execute(USES).fetchone() or [0])[0])

    served.execute("ALTER DATABASE tokens SET default_transaction_read_only = on", END_ALL)
    try:
        eventually(lambda: statuses(served) == {200})
        before = len(served.life.answers)
        assert statuses(served) == {200}
        assert browser.get("/profile/security/tokens/").status_code == 200
        assert served.life.revoke(Random(1)) == 503
        served.life.hold_all()
        known = noted()
    finally:
        served.execute("ALTER DATABASE tokens SET default_transaction_read_only = off", END_ALL)
    eventually(lambda: noted() >= known + len(served.life.answers) - before)
    eventually(lambda: statuses(served) == {200})


def test_a_process_holds_no_more_connections_than_the_page_says(
    served: Served, browser: httpx.Client, record_property: Callable[[str, object], None]
) -> None:
    most, ends = [0], threading.Event()

    def count() -> None:
        while not ends.is_set():
            most[0] = max(most[0], served.execute(NUMBER))

    def visit(number: int) -> None:
        paths = ("/profile/security/tokens/", "/readyz", "/api/token", "/profile/", "/auth/forward")
        served.life.ask("GET", paths[number % len(paths)], Cookie=f"session={browser.cookies['session']}")
        served.life.ask("POST", "/leaks/revoke", '{"tokens": ["enrt_0"]}', Content_Type="application/json")

    counter = threading.Thread(target=count)
    counter.start()
    with served.life.goes_on(), ThreadPoolExecutor(24) as pool:
        list(pool.map(visit, range(200)))
    ends.set()
    counter.join()
    record_property("most connections of two processes", most[0])
    assert 8 <= most[0] <= CONNECTIONS * WORKERS
