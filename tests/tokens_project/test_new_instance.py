"""Only `migrate` begins an instance: whatever else meets none says so, and leaves nothing behind."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.core.management.commands.runserver import Command as BaseCommand
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import OperationalError
from pytest_django import Settings

from accounts.management.commands.migrate import require_whole_steps
from tests import postgresql
from tests.command_line import BASE_DIR, STRONG_KEYS, environment, manage
from tokens_project.environment import BadSetting
from tokens_project.postgresql.base import MIGRATING
from tokens_project.sqlite3.base import DatabaseWrapper

pytestmark = pytest.mark.once

COMMANDS = [
    ("list_tokens",),
    ("issue_token", "--application", "com.example/excel", "--user", "alice"),
    ("quickstart",),
    ("restore", "tokens.zip"),
    ("showmigrations",),
    ("runserver", "0"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_command_that_meets_no_database_says_so_and_makes_nothing(tmp_path: Path, command: tuple[str, ...]) -> None:
    outcome = manage(*command, DATA_DIR=str(tmp_path / "data"))
    assert (outcome.status, outcome.stderr.count("\n")) == (1, 1)
    assert f"there is no {tmp_path}/data/db.sqlite3: give DATA_DIR and DATABASE_URL" in outcome.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_command_meets_no_database_in_the_folder_of_another_one(tmp_path: Path) -> None:
    outcome = manage("list_tokens", DATA_DIR=str(tmp_path), DATABASE_URL=f"sqlite:///{tmp_path}/tokens.db")
    assert outcome.is_one_line_of_refusal
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_its_keys_is_not_opened_and_gets_no_others(tmp_path: Path) -> None:
    (tmp_path / "tokens.db").touch()
    settings = {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": f"sqlite:///{tmp_path}/tokens.db"}
    outcome = manage("list_tokens", **settings)
    assert outcome.is_one_line_of_refusal
    assert f"there is no {tmp_path}/data/token_hash_keys" in outcome.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["tokens.db"]


@pytest.mark.parametrize("arguments", [("check",), ("help",), ("migrate", "--help"), ("migrate", "--plan")])
def test_a_command_that_changes_nothing_makes_nothing(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    manage(*arguments, DATA_DIR=str(tmp_path / "data"))
    assert list(tmp_path.iterdir()) == []


def test_run2_migrate_begins_an_instance_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    settings = {"DATA_DIR": str(tmp_path / "new" / "data")}
    assert manage("migrate", "--verbosity", "0", **settings).status == 0
    data = tmp_path / "new" / "data"
    first = {name: (data / name).read_bytes() for name in ("secret_key", "token_hash_keys")}
    assert manage("migrate", "--verbosity", "0", **settings).status == 0
    assert {name: (data / name).read_bytes() for name in first} == first
    assert len(set(first.values())) == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in data.iterdir()} == {0o600}
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert manage("list_tokens", "--json", **settings).json == {"tokens": []}


STEPS = ("0001_initial", "0003_characters_without_regular_expressions")


def made_step_by_step(folder: Path, *steps: str) -> sqlite3.Connection:
    """A database as the versions before the first release made it, with these steps of trusted_apps."""
    assert manage("migrate", "--verbosity", "0", DATA_DIR=str(folder)).status == 0
    database = sqlite3.connect(folder / "db.sqlite3")
    with database:
        database.execute("DELETE FROM django_migrations WHERE app = 'trusted_apps' AND name != '0002_given_scopes'")
        for step in steps:
            database.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('trusted_apps', ?, '2026-01-01 00:00:00')",
                (step,),
            )
    return database


def test_run7_a_database_that_was_made_step_by_step_is_taken_over_as_it_is(tmp_path: Path) -> None:
    with closing(made_step_by_step(tmp_path, *STEPS)) as database:
        before = database.execute("SELECT sql FROM sqlite_master").fetchall()
        assert manage("migrate", DATA_DIR=str(tmp_path)).status == 0
        assert database.execute("SELECT sql FROM sqlite_master").fetchall() == before
    assert manage("migrate", "--check", DATA_DIR=str(tmp_path)).status == 0


def test_run7_a_database_that_was_left_between_those_steps_is_refused_in_one_line(tmp_path: Path) -> None:
    with closing(made_step_by_step(tmp_path, STEPS[0])):
        outcome = manage("migrate", DATA_DIR=str(tmp_path))
    assert outcome.is_one_line_of_refusal
    assert "trusted_apps were left half-way by an older version" in outcome.stderr


def test_a_database_that_was_left_between_steps_is_not_migrated(db: None) -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("trusted_apps", "0001_tables")
    recorder.record_unapplied("trusted_apps", STEPS[1])
    with pytest.raises(CommandError, match="trusted_apps were left half-way"):
        require_whole_steps(connection)


def test_check_settings_makes_nothing_where_there_is_no_instance(tmp_path: Path) -> None:
    outcome = manage("check_settings", DATA_DIR=str(tmp_path / "data"))
    assert (outcome.status, outcome.stderr) == (1, "Error: this does not work: DATABASE_URL.\n")
    assert list(tmp_path.iterdir()) == []


WAITS = "Waiting until no other process migrates"
NOTHING_TO_DO = "  No migrations to apply."


def migrating(**settings: str) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", "migrate"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=BASE_DIR, env=environment(**settings), stdout=pipe, stderr=pipe, text=True)


def test_run7_several_that_migrate_at_once_do_so_one_after_the_other(tmp_path: Path) -> None:
    processes = [migrating(DATA_DIR=str(tmp_path / "data")) for _number in range(3)]
    ends = [(*process.communicate(timeout=120), process.returncode) for process in processes]
    assert [(stderr, status) for _stdout, stderr, status in ends] == [("", 0)] * 3
    # One does the work; the others find nothing to do.
    assert sorted(NOTHING_TO_DO in stdout for stdout, _stderr, _status in ends) == [False, True, True]


def test_run7_who_migrates_a_postgresql_second_waits_for_the_first() -> None:
    programs = postgresql.programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with postgresql.server(programs) as url, psycopg.connect(url, autocommit=True) as first:
        first.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
        processes = [migrating(DATABASE_URL=url, **STRONG_KEYS) for _number in range(2)]
        try:
            for process in processes:
                assert process.stdout
                assert process.stdout.readline() == f"{WAITS}\n"
            assert first.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,)
            first.execute("SELECT pg_advisory_unlock(%s)", [MIGRATING])
            ends = [(*process.communicate(timeout=120), process.returncode) for process in processes]
        finally:
            for process in processes:
                process.kill()
                process.communicate()
        assert [(stderr, status) for _stdout, stderr, status in ends] == [("", 0)] * 2
        assert sorted(NOTHING_TO_DO in stdout for stdout, _stderr, _status in ends) == [False, True]
        assert first.execute("SELECT to_regclass('accounts_user')").fetchone() == ("accounts_user",)


def test_run2_migrate_makes_no_keys_where_they_are_given(tmp_path: Path) -> None:
    assert manage("migrate", "--verbosity", "0", DATA_DIR=str(tmp_path / "data"), **STRONG_KEYS).status == 0
    assert {path.name for path in (tmp_path / "data").iterdir()} == {"db.sqlite3"}


@pytest.fixture
def another(tmp_path: Path) -> DatabaseWrapper:
    """A database that is missing, and a key of its instance."""
    name = tmp_path / "data" / "db.sqlite3"
    missing = {name: [tmp_path / "data" / "secret_key", name]}
    return DatabaseWrapper({**connection.settings_dict, "NAME": name, "MISSING": missing}, "another")


def test_a_missing_database_is_opened_once_it_was_begun(db: None, another: DatabaseWrapper, tmp_path: Path) -> None:
    with pytest.raises(OperationalError, match=r"^there is no .*/data/db.sqlite3: give DATA_DIR"):
        another.ensure_connection()
    another.begin()
    another.ensure_connection()
    another.close()
    assert (tmp_path / "data" / "secret_key").exists()


def test_a_place_that_cannot_be_written_is_refused(another: DatabaseWrapper) -> None:
    another.settings_dict["MISSING"] = {another.settings_dict["NAME"]: [Path("/proc/none")]}
    with pytest.raises(BadSetting, match=r"^DATA_DIR: this user may not write there.$"):
        another.begin()


def test_migrate_begins_what_is_missing(db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    missing = {connection.settings_dict["NAME"]: [tmp_path / "secret_key"]}
    monkeypatch.setitem(connection.settings_dict, "MISSING", missing)
    call_command("migrate", "--check", "--verbosity", "0")
    assert not (tmp_path / "secret_key").exists()
    call_command("migrate", "--plan", "--verbosity", "0")
    assert not (tmp_path / "secret_key").exists()
    call_command("migrate", "--verbosity", "0")
    assert (tmp_path / "secret_key").exists()


def test_migrate_says_in_one_line_where_it_cannot_begin(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = {connection.settings_dict["NAME"]: [Path("/dev/null/data/secret_key")]}
    monkeypatch.setitem(connection.settings_dict, "MISSING", missing)
    with pytest.raises(CommandError, match=r"^DATA_DIR: give a folder that exists or can be made.$"):
        call_command("migrate", "--verbosity", "0")


@pytest.mark.django_db(transaction=True)
def test_runserver_serves_at_the_address_that_the_service_goes_by(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    served: list[str] = []
    monkeypatch.setattr(BaseCommand, "inner_run", lambda self, *_args, **_options: served.append(self.addr + self.port))
    call_command("runserver", "--noreload")
    assert served == ["localhost8000"]
