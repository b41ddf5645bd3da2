"""Contract 4.8: whether the service lives, and whether it can work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from accounts.database.audit_triggers import execute, laying, removal
from reference_tokens.endpoints import health
from reference_tokens.models import HashKey, search_tables
from tests.conftest import is_postgresql
from tests.gunicorn import database_url, gunicorn, url_of_no_database
from tests.introspection import Statements
from tests.reference_tokens.endpoints.health import BEARER, METRICS_TOKEN, fail, get

pytestmark = pytest.mark.django_db


# --- /healthz --------------------------------------------------------------------------------------------------------


def test_healthz_says_ok_without_asking_the_database(client: Client) -> None:
    with Statements() as statements:
        response = client.get("/healthz")
    assert (response.status_code, response.content, response["Content-Type"]) == (200, b"ok\n", "text/plain")
    assert (response["Cache-Control"], statements.sql) == ("no-store", [])


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_head_is_get_without_the_body_and_another_method_is_405(client: Client, settings: Any, path: str) -> None:
    settings.METRICS_TOKEN = METRICS_TOKEN
    got, headed = client.get(path, headers=BEARER), client.head(path, headers=BEARER)
    assert (got.status_code, headed.status_code, headed.content) == (200, 200, b"")
    # How long the database took is told anew each time.
    beside = {"Content-Length"} if path == "/metrics" else set()
    assert dict(headed.items()).keys() == dict(got.items()).keys()
    assert {item for item in headed.items() if item[0] not in beside} <= {*got.items()}
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        refused = client.generic(method, path, headers=BEARER)
        assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD")


# --- /readyz ---------------------------------------------------------------------------------------------------------


def unready(client: Client) -> str:
    response = client.get("/readyz")
    assert (response.status_code, response["Content-Type"], response["Retry-After"]) == (503, "text/plain", "5")
    assert response["Cache-Control"] == "no-store"
    return response.content.decode()


def test_readyz_says_ready(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.content, response["Content-Type"]) == (200, b"ready\n", "text/plain")


def test_readyz_names_a_database_that_does_not_answer_and_tells_nobody_why(client: Client) -> None:
    with connection.execute_wrapper(fail):
        assert unready(client) == "missing: the database\n"
    assert client.get("/readyz").status_code == 200


def test_readyz_names_a_migration_that_is_not_applied(client: Client) -> None:
    # The newest of ours, as on the day after an upgrade that forgot `migrate`.
    newest = MigrationRecorder.Migration.objects.filter(app="reference_tokens").latest("id")
    newest.delete()
    assert unready(client) == "missing: migrations (run manage.py migrate)\n"
    MigrationRecorder(connection).record_applied("reference_tokens", newest.name)
    assert client.get("/readyz").status_code == 200


def test_readyz_names_a_migration_that_was_stopped_before_the_tables_for_searches_were_filled(client: Client) -> None:
    index_or_trigger = {"sqlite": "TRIGGER {trigger}", "postgresql": "INDEX {scopes}_terms"}[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(f"DROP {index_or_trigger.format(**search_tables.NAMES)}")
    assert unready(client) == "missing: migrations (run manage.py migrate)\n"
    search_tables.keep_search("default")
    assert client.get("/readyz").status_code == 200


def test_readyz_reads_the_files_of_migrations_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.get("/readyz")
    monkeypatch.setattr(MigrationLoader, "load_disk", fail)
    assert client.get("/readyz").status_code == 200


def test_readyz_is_ready_in_a_newer_database(client: Client) -> None:
    """During an upgrade the old processes serve on, over the tables of the new ones."""
    MigrationRecorder(connection).record_applied("reference_tokens", "9999_of_the_next_release")
    assert client.get("/readyz").status_code == 200


def test_readyz_names_a_key_that_the_ring_lacks(client: Client, settings: Any, server: Any) -> None:
    settings.TOKEN_HASH_KEYS = ["another-0123456789abcdefghijklmnopqrstuvwxyz"]
    assert unready(client) == "missing: a key in TOKEN_HASH_KEYS that stored digests need\n"


def test_readyz_does_not_ask_for_a_key_that_is_retired(client: Client) -> None:
    HashKey.objects.create(id="elsewhere", retired_at=timezone.now())
    assert client.get("/readyz").status_code == 200


def test_aud2_readyz_names_what_protects_the_audit_log_where_it_is_gone(client: Client) -> None:
    execute(connection, removal(connection.vendor))
    text = unready(client)
    assert text.startswith("missing: triggers of the audit log: ")
    assert {"audit_event_update", "audit_event_delete", "audit_head_update"} <= set(re.findall(r"audit_\w+", text))
    execute(connection, laying(connection.vendor))
    assert client.get("/readyz").status_code == 200


def test_aud2_readyz_names_the_database_where_it_cannot_tell_what_protects_the_log(
    client: Client, monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    monkeypatch.setattr("reference_tokens.endpoints.health.missing_triggers", fail)
    assert unready(client) == "missing: the database\n"
    assert [line for line in log_lines if "the database refuses: " in line]


@pytest.mark.django_db(transaction=True)
def test_without_its_database_the_server_lives_and_is_not_ready(tmp_path: Path) -> None:
    nowhere = url_of_no_database(tmp_path)
    with gunicorn(tmp_path, DATABASE_URL=nowhere, METRICS_TOKEN=METRICS_TOKEN) as live:
        assert get(live, "/healthz").status == 200
        answer = get(live, "/readyz")
        assert (answer.status, answer.body) == (503, b"missing: the database\n")
        assert (
            b"reference_tokens_database_up 0\n" in get(live, "/metrics", f"Authorization: Bearer {METRICS_TOKEN}").body
        )


@contextmanager
def empty_database(folder: Path) -> Iterator[str]:
    """The address of a database without a table."""
    if not is_postgresql():
        (folder / "empty").touch()
        (folder / "empty").touch()
        yield f"sqlite:///{folder}/empty"
        return
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE empty_for_a_test")
        try:
            yield database_url().rpartition("/")[0] + "/empty_for_a_test"
        finally:
            cursor.execute("DROP DATABASE empty_for_a_test WITH (FORCE)")


@pytest.mark.django_db(transaction=True)
def test_an_empty_database_is_not_ready_for_want_of_migrations(tmp_path: Path) -> None:
    with empty_database(tmp_path) as url, gunicorn(tmp_path, DATABASE_URL=url) as live:
        assert get(live, "/healthz").status == 200
        answer = get(live, "/readyz")
    assert (answer.status, answer.body) == (503, b"missing: migrations (run manage.py migrate)\n")


# --- What is said at the start ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["the database", ""])
def test_the_start_says_in_the_log_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, missing: str
) -> None:
    monkeypatch.setattr(health, "what_is_missing", lambda: missing)
    monkeypatch.setattr(connection, "close", lambda: None)
    health.tell_what_is_missing()
    assert ("/readyz answers 503 as long as this is missing: the database" in caplog.text) == bool(missing)
