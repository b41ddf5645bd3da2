"""The command `move_database`, and what it refuses in one line (RUN-6)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from accounts.models import User
from tests.command_line import Runner
from tests.conftest import is_postgresql
from tests.tokens_project.copying.conftest import Target, at
from tokens_project.copying import others

pytestmark = pytest.mark.django_db(transaction=True)

CONNECTED = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("SELECT count(*) FROM sqlite_master").fetchone()
print("connected", flush=True)
sys.stdin.read()
"""


@contextmanager
def somebody_is_connected() -> Iterator[None]:
    """Another program has the database of the tests open."""
    if is_postgresql():
        connection.ensure_connection()
        with psycopg.connect(connection.connection.info.dsn):
            yield
        return
    command = [sys.executable, "-c", CONNECTED, str(settings.DATABASES["default"]["NAME"])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "connected\n"
        yield
        process.communicate()


def test_run6_it_says_what_it_moved_and_what_to_do_now(command: Runner, alice: User, empty: Target) -> None:
    url = empty()
    outcome = command("move_database", "--to", url)
    assert (outcome.status, outcome.stderr) == (0, "")
    assert "the same in both databases" in outcome.stdout
    assert "DATABASE_URL" in outcome.stdout
    with at(url):
        assert User.objects.get() == alice


def test_run6_json_names_each_table_with_its_rows_and_their_digest(command: Runner, alice: User, file: Target) -> None:
    document = command("move_database", "--to", file(), "--json").json
    assert document["tables"]["accounts_user"]["rows"] == 1
    assert len(document["tables"]["accounts_user"]["digest"]) == 64
    assert document["audit_entries"] == 0


@pytest.mark.once
def test_run6_a_url_with_a_password_is_read_from_standard_input_alone(command: Runner) -> None:
    for given in ("postgres://tokens:hunter2@127.0.0.1:1/tokens", "postgres:///tokens?sslpassword=hunter2"):
        outcome = command("move_database", "--to", given)
        assert outcome.is_one_line_of_refusal
        assert "PGPASSFILE" in outcome.stderr
        assert "hunter2" not in outcome.stderr
    outcome = command("move_database", "--to", "-", stdin="postgres://tokens:hunter2@127.0.0.1:1/tokens\n")
    assert outcome.is_one_line_of_refusal
    assert "connection" in outcome.stderr
    assert "hunter2" not in outcome.stderr
    assert "no URL on standard input" in command("move_database", "--to", "-").stderr


@pytest.mark.once
@pytest.mark.parametrize(
    "url", ["mysql://tokens@127.0.0.1/tokens", "tokens.sqlite3", "postgres://tokens@127.0.0.1:1/t"]
)
def test_run6_a_database_of_another_kind_or_out_of_reach_is_told_in_one_line(command: Runner, url: str) -> None:
    assert command("move_database", "--to", url).is_one_line_of_refusal


def test_run6_a_database_that_somebody_has_open_is_not_moved(command: Runner, file: Target) -> None:
    with somebody_is_connected():
        outcome = command("move_database", "--to", file())
    assert outcome.is_one_line_of_refusal
    assert "stop the service first" in outcome.stderr


@pytest.mark.once
def test_run6_where_no_system_tells_who_holds_locks_nobody_is_seen(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(others, "LOCKS", tmp_path / "locks")
    with somebody_is_connected():
        assert others.others_at(connection) == ""


def test_run6_a_database_of_another_release_is_not_moved(command: Runner, file: Target) -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("trusted_apps", "0003_management_api")
    try:
        outcome = command("move_database", "--to", file())
    finally:
        recorder.record_applied("trusted_apps", "0003_management_api")
    assert outcome.is_one_line_of_refusal
    assert "run `migrate` first" in outcome.stderr


def test_run6_a_database_that_a_newer_release_has_migrated_is_not_moved(command: Runner, file: Target) -> None:
    MigrationRecorder(connection).record_applied("reference_tokens", "9999_of_the_next_release")
    try:
        outcome = command("move_database", "--to", file())
    finally:
        MigrationRecorder(connection).record_unapplied("reference_tokens", "9999_of_the_next_release")
    assert outcome.is_one_line_of_refusal
    assert "made by a newer release" in outcome.stderr


def test_run6_steps_that_this_release_has_made_one_are_of_no_newer_release(command: Runner, file: Target) -> None:
    assert ("trusted_apps", "0001_initial") in MigrationRecorder(connection).applied_migrations()
    assert command("move_database", "--to", file()).status == 0
