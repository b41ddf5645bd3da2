"""PostgreSQL behind PgBouncer, in both of its usual modes: everything works, and no shared session is left changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from time import monotonic, sleep
from typing import Any, NamedTuple

import httpx2 as httpx
import psycopg
import pytest

from tests import pgbouncer, postgresql, programs
from tests.command_line import STRONG_KEYS, manage
from tests.pages import AFTER_SIGN_IN, form_of, secret_of, text_of
from tests.pauses import in_time
from tests.service import PASSWORD, Service, ask, running

pytestmark = pytest.mark.once

# What docs/postgresql.md says for two processes.
SESSION = {"default_pool_size": "26"}
# One session after another, so that no two transactions find the same one.
TRANSACTION = {"pool_mode": "transaction", "default_pool_size": "4", "server_round_robin": "1"}
AT_ONCE = 16


class Pooled(NamedTuple):
    """The product behind a pooler; `through` leads to the server as it does, and `url` past the pooler."""

    service: Service
    url: str
    through: str


@pytest.fixture(scope="module", params=[SESSION, TRANSACTION], ids=["session", "transaction"])
def pooled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pooled]:
    """Everything goes through the pooler, the migrations and the commands too."""
    server, program = postgresql.programs(), programs.pgbouncer()
    if server is None or program is None:
        pytest.skip("PostgreSQL or PgBouncer is not installed")
    with ExitStack() as stack:
        url = stack.enter_context(postgresql.server(server))
        through = stack.enter_context(pgbouncer.pooler(program, url, **request.param))
        folder = tmp_path_factory.mktemp("service")
        service = stack.enter_context(running(folder, DATABASE_URL=through, **STRONG_KEYS))
        yield Pooled(service, url, through)


@pytest.fixture
def token(pooled: Pooled) -> str:
    return pooled.service.token("--user", "alice", "--scopes", "read")


@pytest.fixture(scope="module")
def administrator(pooled: Pooled) -> Iterator[httpx.Client]:
    """The browser of one who has just signed in."""
    with httpx.Client(base_url=pooled.service.address, follow_redirects=True, timeout=30) as browser:
        login = pooled.service.person("grace", "--administrator")
        page = submit(browser, "/accounts/login/", login=login, password=PASSWORD)
        assert (page.status_code, page.url.path) == (200, AFTER_SIGN_IN)
        yield browser


def submit(browser: httpx.Client, page: str, action: str = "", **form: str) -> Any:
    """Send the form of this page that leads to the address (without one: its own), with these fields changed."""
    fields = form_of(browser.get(page), action or page)
    return browser.post(action or page, data=fields | form)


def introspected(pooled: Pooled, tokens: list[str]) -> list[bytes]:
    """What many callers at once are told."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(pooled.service.introspect, tokens))


def test_tokens_are_validated_and_revoked_for_many_at_once(pooled: Pooled, token: str) -> None:
    good = introspected(pooled, [token] * 64)
    assert {json.loads(answer).get("active", answer) for answer in good} == {True}
    assert ask(pooled.service.port, "DELETE", "/api/token", X_Api_Key=token).status == 204
    assert set(introspected(pooled, [token] * 64)) == {b'{"active": false}'}
    assert ask(pooled.service.port, "GET", "/readyz").body == b"ready\n"


def test_a_person_signs_in_and_issues_a_token_by_a_form(pooled: Pooled, administrator: httpx.Client) -> None:
    address = "/profile/security/tokens/new/?application=com.example/excel"
    page = submit(administrator, address, "/profile/security/tokens/new/", description="Laptop", scopes="read")
    assert page.status_code == 200, text_of(page)
    assert json.loads(pooled.service.introspect(secret_of(page)))["username"].startswith("grace")


def test_many_tokens_are_listed_and_exported_while_others_are_validated(
    pooled: Pooled, administrator: httpx.Client, token: str
) -> None:
    # More than are read at once, so that the statement is gone on with; and more than one person may have.
    pooled.service.token("--user", pooled.service.person("heidi"), "--scopes", "read")
    pooled.service.shell(
        "import os\n"
        "from reference_tokens.models import ReferenceToken\n"
        "newest = ReferenceToken.objects.latest('issued_at')\n"
        "values = {field.attname: getattr(newest, field.attname) for field in newest._meta.concrete_fields}\n"
        "values.pop('id')\n"
        "ReferenceToken.objects.bulk_create("
        " ReferenceToken(**values | {'digest': os.urandom(32)}) for _number in range(4500))"
    )
    with ThreadPoolExecutor(2) as pool:
        listed = pool.submit(pooled.service.manage, "list_tokens")
        exported = pool.submit(
            submit, administrator, "/manage/security/tokens/", "/manage/security/tokens/export/", format="jsonl"
        )
        assert set(introspected(pooled, [token] * 200)) == {pooled.service.introspect(token)}
        assert len(listed.result()["tokens"]) > 4500
        assert len(exported.result().text.splitlines()) > 4500


def test_val4_a_server_that_is_frozen_behind_it_is_503_in_time_and_after_it_all_is_as_before(
    pooled: Pooled, token: str
) -> None:
    """The pooler itself still takes connections."""

    def status_of(path: str) -> int:
        headers = {"X-Api-Key": token, "Cookie": "session=" + "a" * 32}
        with in_time():
            return httpx.get(pooled.service.address + path, headers=headers, timeout=30).status_code

    paths = ["/auth/forward"] * 32
    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert set(pool.map(status_of, paths)) == {200}
        with postgresql.frozen(pooled.url):
            assert set(pool.map(status_of, paths)) == {503}
            assert [status_of(path) for path in ("/readyz", "/profile/", "/healthz")] == [503, 503, 200]
    deadline = monotonic() + 60
    while {status_of("/auth/forward") for _number in range(8)} != {200}:
        assert monotonic() < deadline
        sleep(0.1)


def timeouts_of_sessions(pooled: Pooled) -> set[tuple[str, str, str]]:
    """What clients of the pooler find: name, milliseconds, and where that is from."""
    found: set[tuple[str, str, str]] = set()
    for _number in range(8):
        with psycopg.connect(pooled.through) as connection:
            found |= set(
                connection.execute(
                    "SELECT name, setting, source FROM pg_settings WHERE name IN ('lock_timeout', 'statement_timeout')"
                ).fetchall()
            )
    return found


def test_a_migration_leaves_nobody_a_session_that_waits_for_ever(pooled: Pooled) -> None:
    arguments = ("migrate", "--verbosity", "0", "reference_tokens")
    newest = pooled.service.shell(
        "from django.db.migrations.loader import MigrationLoader\n"
        "print(*sorted(name for app, name in MigrationLoader(None).graph.nodes if app == 'reference_tokens'))"
    ).split()[-2:]
    for target in newest:
        outcome = manage(*arguments, target, **pooled.service.settings)
        assert outcome.status == 0, outcome.stderr
    assert not {found for found in timeouts_of_sessions(pooled) if found[1:] == ("0", "session")}


def test_timeouts_of_the_role_are_those_of_every_session(pooled: Pooled, token: str) -> None:
    with psycopg.connect(pooled.url, autocommit=True) as connection:
        connection.execute("ALTER ROLE tokens SET lock_timeout = '9s'")
        connection.execute("ALTER ROLE tokens SET statement_timeout = '59s'")
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert introspected(pooled, [token] * 64)
    assert timeouts_of_sessions(pooled) == {("lock_timeout", "9000", "user"), ("statement_timeout", "59000", "user")}
