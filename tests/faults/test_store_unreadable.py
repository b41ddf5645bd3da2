"""VAL-4: while the store cannot be read the answer is 503; afterwards all is as before, without a restart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.token_values import token_format
from tests.conftest import is_postgresql
from tests.factories import ResourceServerFactory, issued_pat
from tests.gunicorn import Answer, Gunicorn, gunicorn, url_of_no_database
from tests.introspection import INACTIVE, credentials
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db(transaction=True)


def is_unavailable(answer: Answer) -> bool:
    return (answer.status, answer.header("Retry-After"), answer.body) == (
        503,
        "5",
        b'{"error": "temporarily_unavailable"}',
    )


@contextmanager
def without_the_table(name: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {name} RENAME TO gone")
        try:
            yield
        finally:
            cursor.execute(f"ALTER TABLE gone RENAME TO {name}")


@pytest.mark.parametrize("table", ["reference_tokens_referencetoken", "reference_tokens_resourceserver"])
def test_val4_a_table_that_is_gone_is_503_and_when_it_is_back_all_is_as_before(
    live_gunicorn: Gunicorn, server: Any, alice: User, application: TrustedApplication, table: str
) -> None:
    good, revoked = issued_pat(alice, application), issued_pat(alice, application)
    revoke_token(actor=OPERATOR, token_id=revoked.token.pk, now=timezone.now())
    before = live_gunicorn.introspect(server, good.plaintext)
    texts = [good.plaintext, revoked.plaintext, token_format.generate()]
    with without_the_table(table):
        assert [is_unavailable(live_gunicorn.introspect(server, text)) for text in texts] == [True] * 3
    assert live_gunicorn.introspect(server, good.plaintext).body == before.body
    assert live_gunicorn.introspect(server, revoked.plaintext).body == INACTIVE


def test_val4_connections_that_the_database_has_closed_are_opened_again(
    live_gunicorn: Gunicorn, server: Any, alice: User, application: TrustedApplication
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    before = live_gunicorn.introspect(server, plaintext)
    end_other_connections()
    answers = [live_gunicorn.introspect(server, plaintext) for _ in range(8)]
    assert {answer.body for answer in answers} == {before.body}


def test_val4_acts_find_connections_that_the_database_has_closed(
    live_gunicorn: Gunicorn, alice: User, application: TrustedApplication
) -> None:
    server = ResourceServerFactory.create(may_revoke=True)
    body = urlencode({"token": issued_pat(alice, application).plaintext}).encode()
    authorization = b"Authorization: " + credentials(server).encode()
    for _time in range(2):
        answers = [live_gunicorn.post(body, authorization, path=b"/oauth/revoke") for _number in range(8)]
        assert {(answer.status, answer.body) for answer in answers} == {(200, b"{}")}
        end_other_connections()


def end_other_connections() -> None:
    """As PostgreSQL does when it is started again; SQLite closes none."""
    if is_postgresql():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.mark.parametrize("change", ["ADD COLUMN added text", "ALTER COLUMN kind TYPE varchar(40)"])
def test_val4_a_table_that_is_altered_while_it_is_read_changes_no_answer(
    live_gunicorn: Gunicorn, server: Any, alice: User, application: TrustedApplication, change: str
) -> None:
    """As by the migration of a newer release; PostgreSQL refuses statements that were prepared for other types."""
    if not is_postgresql():
        pytest.skip("SQLite prepares anew by itself")
    plaintext = issued_pat(alice, application).plaintext
    before = {live_gunicorn.introspect(server, plaintext).body for _ in range(8)}
    back = {"ADD": "DROP COLUMN added", "ALTER": "ALTER COLUMN kind TYPE varchar(3)"}[change.partition(" ")[0]]
    for each in (change, back):
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE reference_tokens_referencetoken {each}")
        assert {live_gunicorn.introspect(server, plaintext).body for _ in range(8)} == before


def test_val4_a_service_without_its_database_starts_and_answers_503(server: Any, tmp_path: Path) -> None:
    with gunicorn(tmp_path, DATABASE_URL=url_of_no_database(tmp_path)) as live:
        assert is_unavailable(live.introspect(server, token_format.generate()))
        log = live.log.read_text()
    assert "the key ring could not be checked" in log
    assert server.plain_secret not in log
