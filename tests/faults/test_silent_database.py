"""VAL-4: a PostgreSQL that is frozen, or behind a cut link, is answered 503 in seconds, and all goes on after it."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import count
from time import monotonic, sleep
from typing import Any, NamedTuple
from urllib.parse import urlencode

import psycopg
import pytest

from tests import postgresql
from tests.command_line import STRONG_KEYS
from tests.cut_link import link_to
from tests.pauses import in_time
from tests.service import Service, running

pytestmark = pytest.mark.once

USES_OF_THE_NEWEST = """
    SELECT COALESCE((SELECT accepted_on_day FROM reference_tokens_tokenuse WHERE token_id = token.id), 0)
        + COALESCE((SELECT sum(accepted) FROM reference_tokens_dailyuse WHERE token_id = token.id), 0)
    FROM reference_tokens_referencetoken AS token ORDER BY issued_at DESC LIMIT 1
"""
RequestOf = Callable[..., "Answer"]


class Answer(NamedTuple):
    status: int
    retry_after: str | None
    body: bytes


class Served(NamedTuple):
    """The product on a PostgreSQL that can fall silent."""

    service: Service
    url: str
    silences: dict[str, Callable[[], AbstractContextManager[None]]]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    programs = postgresql.programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with postgresql.server(programs) as url, link_to(url) as (link, through_link):
        folder = tmp_path_factory.mktemp("service")
        with running(folder, DATABASE_URL=through_link, METRICS_TOKEN="m" * 40, **STRONG_KEYS) as service:
            yield Served(service, url, {"frozen": lambda: postgresql.frozen(url), "cut": link.cut})


@pytest.fixture(params=["frozen", "cut"])
def silence(request: pytest.FixtureRequest, served: Served) -> Callable[[], AbstractContextManager[None]]:
    """One of the two."""
    return served.silences[request.param]


@pytest.fixture
def no_silence_before(served: Served) -> None:
    """Both processes have got over a silence of a test before.

    A thread that stores uses may notice it two seconds late, and keeps the others of its process away for a second.
    """
    eventually_all(lambda: ask(served, "GET", "/readyz"))
    sleep(3)
    eventually_all(lambda: introspect(served, "unknown"))


@pytest.fixture
def token(served: Served) -> str:
    return served.service.token("--user", "alice", "--scopes", "read")


def ask(served: Served, method: str, path: str, body: str = "", **headers: str) -> Answer:
    """The answer, which must come in time."""
    connection = http.client.HTTPConnection("localhost", served.service.port, timeout=30)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} | headers
        with in_time():
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers["Retry-After"], response.read())
    finally:
        connection.close()


def introspect(served: Served, token: str) -> Answer:
    form = {key: served.service.secrets[key] for key in ("client_id", "client_secret")} | {"token": token}
    return ask(served, "POST", "/oauth/introspect", urlencode(form))


def forward_auth(served: Served, token: str) -> Answer:
    return ask(served, "GET", f"/auth/resource/{served.service.secrets['client_id']}", **{"X-Api-Key": token})


def is_unavailable(answer: Answer) -> bool:
    return answer == (503, "5", b'{"error": "temporarily_unavailable"}')


def eventually(holds: Callable[[], Any]) -> None:
    deadline = monotonic() + 60
    while not holds():
        assert monotonic() < deadline
        sleep(0.1)


def eventually_all(asks: Callable[[], Answer]) -> set[Answer]:
    """The answers to so many at once, once each is 200: so both processes answer, and with every thread.

    After a silence one thread of a process tries the database, and the others say 503 until it is answered.
    """
    answers: set[Answer] = set()

    def all_are_good() -> bool:
        answers.clear()
        answers.update(pool.map(lambda _number: asks(), range(32)))
        return {answer.status for answer in answers} == {200}

    with ThreadPoolExecutor(16) as pool:
        eventually(all_are_good)
    return answers


@pytest.mark.parametrize("validate", [introspect, forward_auth])
def test_val4_silence_is_503_in_time_and_after_it_all_is_as_before(
    served: Served, silence: Callable[[], AbstractContextManager[None]], token: str, validate: Any
) -> None:
    # Enough that every thread of both processes holds a connection.
    before = eventually_all(lambda: validate(served, token))
    with ThreadPoolExecutor(16) as pool, silence():
        assert all(map(is_unavailable, pool.map(lambda _number: validate(served, token), range(32))))
        assert is_unavailable(validate(served, token))
    assert eventually_all(lambda: validate(served, token)) == before


@pytest.mark.usefixtures("no_silence_before")
@pytest.mark.parametrize("validate", [introspect, forward_auth])
def test_val4_after_a_restart_of_the_server_the_first_question_is_answered(
    served: Served, token: str, validate: Any
) -> None:
    before = eventually_all(lambda: validate(served, token))
    postgresql.restart(served.url)
    # One after the other: a machine that is busy with many at once takes the second that each of them has.
    assert {validate(served, token) for _number in range(32)} == before


def test_val4_what_acts_answers_503_in_time_too_and_does_nothing(
    served: Served, silence: Callable[[], AbstractContextManager[None]], token: str
) -> None:
    with silence():
        for method, path in (("DELETE", "/api/token"), ("POST", "/api/token/rotate"), ("GET", "/api/token")):
            assert is_unavailable(ask(served, method, path, **{"X-Api-Key": token}))
    eventually(lambda: ask(served, "GET", "/api/token", **{"X-Api-Key": token}).status == 200)


def test_the_process_says_that_it_lives_and_cannot_work(
    served: Served, silence: Callable[[], AbstractContextManager[None]]
) -> None:
    with silence():
        assert ask(served, "GET", "/readyz") == (503, "5", b"missing: the database\n")
        assert ask(served, "GET", "/healthz") == (200, None, b"ok\n")


def test_a_page_says_when_to_come_again(served: Served, silence: Callable[[], AbstractContextManager[None]]) -> None:
    with silence():
        answer = ask(served, "GET", "/profile/", Cookie="session=" + "a" * 32)
    assert (answer.status, answer.retry_after) == (503, "5")
    assert b"Temporarily unavailable" in answer.body


def test_tok13_uses_that_could_not_be_written_during_the_silence_are_written_after_it(
    served: Served, silence: Callable[[], AbstractContextManager[None]], token: str
) -> None:
    def uses() -> int:
        with psycopg.connect(served.url) as connection:
            found = connection.execute(USES_OF_THE_NEWEST).fetchone()
        return int(found[0]) if found else 0

    for _number in range(4):
        eventually(lambda: introspect(served, token).status == 200)
    with silence():
        # Longer than a batch waits before it is given up.
        sleep(4)
    eventually(lambda: uses() == 4)


def end_others(connection: psycopg.Connection[Any], taken: list[psycopg.Connection[Any]]) -> int:
    """End every other connection, since the service makes one at any moment; returns how many there were."""
    ours = [each.info.backend_pid for each in [connection, *taken]]
    others = "pg_stat_activity WHERE backend_type = 'client backend' AND NOT pid = ANY(%s)"
    return connection.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM {others}", [ours]).rowcount


@pytest.mark.usefixtures("no_silence_before")
def test_a_database_that_takes_no_more_connections_is_503(served: Served, token: str) -> None:
    taken: list[psycopg.Connection[Any]] = []
    try:
        with psycopg.connect(served.url, autocommit=True) as connection:
            are_ours = False
            while not are_ours:
                with pytest.raises(psycopg.OperationalError):
                    taken.extend(psycopg.connect(served.url) for _number in count())
                are_ours = end_others(connection, taken) == 0
            assert is_unavailable(introspect(served, token))
    finally:
        for each in taken:
            each.close()
    eventually_all(lambda: introspect(served, token))


@pytest.mark.usefixtures("no_silence_before")
def test_a_database_that_can_only_be_read_validates_and_answers_503_to_what_acts(served: Served, token: str) -> None:
    def make_read_only(value: str) -> None:
        with psycopg.connect(served.url, autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(f"ALTER DATABASE postgres SET default_transaction_read_only = {value}")
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    make_read_only("on")
    try:
        eventually_all(lambda: introspect(served, token))
        assert is_unavailable(ask(served, "DELETE", "/api/token", **{"X-Api-Key": token}))
        assert introspect(served, token).body.startswith(b'{"active": true')
    finally:
        make_read_only("off")
    eventually_all(lambda: introspect(served, token))
    assert ask(served, "DELETE", "/api/token", **{"X-Api-Key": token}).status == 204
