"""RUN-8: each setting of database, cache and keys that only trying can tell is tried."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.cache.backends.locmem import LocMemCache
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from tests import programs, redis
from tests.command_line import Runner, manage, nothing_stored
from tests.conftest import is_postgresql
from tests.postgresql import free_port
from tests.reference_tokens.commands.check_settings.checked_settings import fail, found, one_line_of_complaint
from tests.second_factors import app_of
from trusted_apps.scope_catalogue import create_scope

pytestmark = pytest.mark.django_db


NAMES = [
    *("DATABASE_URL", "DATABASE_REPLICA_URL", "clock", "WORKERS", "TOKEN_HASH_KEYS", "SECRET_KEY"),
    *("WEBHOOKS_TO_PRIVATE_ADDRESSES", "LEAK_LOOKUP"),
    *("AUDIT_STREAM", "FENCE_FILE", "CACHE_URL", "EMAIL_URL", "DATA_DIR", "disk", "AUDIT_ANCHOR"),
    *("static files", "ALLOWED_HOSTS", "PORT", "BASE_URL", "TRUSTED_PROXY_COUNT", "OIDC_ISSUER"),
    "LEAK_GITHUB_KEYS_URL",
]
ANOTHER_KEY = "another-0123456789abcdefghijklmnopqrstuvwxyz-0123456789abcdefghi"


def test_where_everything_works_each_setting_has_a_line(command: Runner) -> None:
    with nothing_stored():
        outcome = command("check_settings")
    assert (outcome.status, outcome.stderr, mail.outbox) == (0, "", [])
    assert [line.partition(": ")[0] for line in outcome.stdout.splitlines()] == NAMES
    assert "does not work" not in outcome.stdout


def test_json_says_of_each_setting_whether_it_works(command: Runner) -> None:
    document = command("check_settings", "--json").json
    assert document["works"] is True
    assert [one["setting"] for one in document["findings"]] == NAMES
    assert {one["works"] for one in document["findings"]} == {True}


# --- The database, the clock and the keys ----------------------------------------------------------------------------


def test_a_database_that_does_not_answer_is_said_once(command: Runner) -> None:
    with connection.execute_wrapper(fail):
        outcome = command("check_settings")
    assert one_line_of_complaint(outcome) == ["DATABASE_URL"]
    assert "DATABASE_URL: does not work: the server closed the connection\n" in outcome.stdout
    assert outcome.stdout.count("not tried: the database does not work") == 9


def test_a_database_without_its_tables_does_not_work(command: Runner) -> None:
    newest = MigrationRecorder.Migration.objects.filter(app="reference_tokens").latest("id")
    newest.delete()
    assert found(command, "DATABASE_URL") == (
        False,
        "does not work: 1 migrations are not applied (run manage.py migrate)",
    )


@contextmanager
def read_only() -> Iterator[None]:
    """The database takes nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY" if is_postgresql() else "PRAGMA query_only = 1")
    yield
    with suppress(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT 1" if is_postgresql() else "PRAGMA query_only = 0")


def test_a_database_that_takes_no_rows_does_not_work(command: Runner) -> None:
    with read_only():
        outcome = command("check_settings")
    assert "DATABASE_URL" in one_line_of_complaint(outcome)


@pytest.mark.parametrize("direction", [1, -1])
def test_a_clock_that_is_not_the_database_s_does_not_work(command: Runner, direction: int) -> None:
    with time_machine.travel(timezone.now() + direction * timedelta(minutes=2)):
        works, text = found(command, "clock")
    assert not works
    assert "seconds apart" in text


def test_run8_a_machine_whose_clock_is_ahead_is_found_by_what_it_did(command: Runner) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        create_scope(actor=OPERATOR, name="late", description="Late.", now=timezone.now())
    works, text = found(command, "clock")
    assert not works
    assert "seconds ahead" in text


def test_tok2_a_lost_key_that_a_secret_needs_does_not_work(command: Runner, server: Any, settings: Any) -> None:
    settings.TOKEN_HASH_KEYS = [ANOTHER_KEY]
    works, text = found(command, "TOKEN_HASH_KEYS")
    assert not works
    assert "1 live tokens or secrets need a key that is not in it" in text


def test_t55_a_secret_key_that_opens_no_second_factor_does_not_work(
    command: Runner, alice: User, settings: Any
) -> None:
    app_of(alice)
    assert found(command, "SECRET_KEY") == (True, "older keys: 0, second factors that it reads: 2")
    settings.SECRET_KEY = ANOTHER_KEY
    works, text = found(command, "SECRET_KEY")
    assert not works
    assert "2 of 2 second factors need a key" in text


# --- The cache and the mail server -----------------------------------------------------------------------------------


def test_without_a_cache_attempts_are_counted_in_the_database(command: Runner) -> None:
    assert found(command, "CACHE_URL") == (True, "none; attempts are counted in the database")


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    program = programs.redis()
    if program is None:
        pytest.skip("Redis is not installed")
    with redis.server(program) as url:
        yield url


class Forgetful(LocMemCache):
    """A cache that is as full as can be."""

    def get(self, *_args: Any, **_options: Any) -> None:
        """Nothing is left."""


def use_redis(settings: Any, address: str) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": address}}


@pytest.mark.once
def test_a_redis_that_answers_works(command: Runner, settings: Any, redis_url: str) -> None:
    use_redis(settings, redis_url)
    assert found(command, "CACHE_URL") == (True, "Redis, which gives back what it is given")


@pytest.mark.once
def test_t36_a_redis_that_does_not_answer_does_not_work_and_its_password_is_not_told(
    command: Runner, settings: Any
) -> None:
    use_redis(settings, f"redis://:hunter2@127.0.0.1:{free_port()}/0")
    outcome = command("check_settings")
    assert one_line_of_complaint(outcome) == ["CACHE_URL"]
    assert "hunter2" not in outcome.stdout + outcome.stderr


@pytest.mark.once
def test_a_cache_that_forgets_does_not_work(command: Runner, settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.Forgetful", "LOCATION": ""}}
    assert found(command, "CACHE_URL")[0] is False


# --- As a process ----------------------------------------------------------------------------------------------------


@pytest.mark.once
def test_a_wrong_database_is_told_in_lines_and_not_in_a_trace(tmp_path: Path) -> None:
    outcome = manage("check_settings", DATA_DIR=str(tmp_path), PORT=str(free_port()))
    assert one_line_of_complaint(outcome) == ["DATABASE_URL"]
    assert len(outcome.stdout.splitlines()) == len(NAMES)
