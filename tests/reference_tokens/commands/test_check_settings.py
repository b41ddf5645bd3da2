"""RUN-8: each setting that only trying can tell is tried, and nothing is sent, kept or given away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.smtp import EmailBackend
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from accounts.models import User
from reference_tokens import settings_check
from tests import programs, redis
from tests.command_line import Outcome, Runner, manage, nothing_stored
from tests.conftest import is_postgresql
from tests.openid.liar import Liar, lying
from tests.postgresql import free_port
from tests.second_factors import app_of
from tests.smtp import mail_server, stored

pytestmark = pytest.mark.django_db

NAMES = [
    *("DATABASE_URL", "clock", "TOKEN_HASH_KEYS", "SECRET_KEY", "CACHE_URL", "EMAIL_URL", "DATA_DIR", "static files"),
    *("ALLOWED_HOSTS", "TRUSTED_PROXY_COUNT", "OIDC_ISSUER"),
]
ANOTHER_KEY = "another-0123456789abcdefghijklmnopqrstuvwxyz-0123456789abcdefghi"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """The data folder, which nobody else looks into."""
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir(mode=0o700)
    return tmp_path / "data"


@pytest.fixture
def provider() -> Iterator[Liar]:
    """A web server that says what a test wants it to say."""
    with lying() as made:
        yield made


def found(command: Runner, name: str) -> tuple[bool | None, str]:
    """Whether the setting works, and what was found, once it has been seen that line and exit status say the same."""
    outcome = command("check_settings")
    (line,) = [line for line in outcome.stdout.splitlines() if line.startswith(f"{name}: ")]
    text = line.removeprefix(f"{name}: ")
    if text.startswith("not tried: "):
        return None, text
    works = not text.startswith("does not work: ")
    is_complained_of = name in outcome.stderr
    assert works is not is_complained_of
    assert outcome.status == (1 if outcome.stderr else 0)
    return works, text


def one_line_of_complaint(outcome: Outcome) -> list[str]:
    """The settings that the one line on standard error names."""
    assert (outcome.status, outcome.stderr.count("\n")) == (1, 1)
    return outcome.stderr.removeprefix("Error: this does not work: ").removesuffix(".\n").split(", ")


def fail(*_args: Any) -> None:
    raise OperationalError("the server closed the connection")


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
    assert outcome.stdout.count("not tried: the database does not work") == 4


def test_a_database_without_its_tables_does_not_work(command: Runner) -> None:
    newest = MigrationRecorder.Migration.objects.filter(app="reference_tokens").latest("name")
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


@pytest.mark.once
def test_a_cache_without_its_table_does_not_work(command: Runner) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE cache")
    works, text = found(command, "CACHE_URL")
    assert not works
    assert text.endswith("(manage.py createcachetable makes the table)")


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    program = programs.redis()
    if program is None:
        pytest.skip("Redis is not installed")
    with redis.server(program) as url:
        yield url


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
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache", "LOCATION": ""}}
    assert found(command, "CACHE_URL")[0] is False


def use_mail_server(settings: Any, port: int) -> None:
    settings.EMAIL_BACKEND, settings.MAIL_FOLDER = f"{EmailBackend.__module__}.EmailBackend", ""
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


@pytest.mark.once
def test_a_mail_server_is_called_and_gets_no_mail(command: Runner, settings: Any, tmp_path: Path) -> None:
    port = free_port()
    use_mail_server(settings, port)
    with mail_server(port, tmp_path):
        assert found(command, "EMAIL_URL") == (True, f"127.0.0.1:{port} answered; nothing was sent")
    assert stored(tmp_path) == []


@pytest.mark.once
def test_a_mail_server_that_takes_no_password_does_not_work_and_it_is_not_told(
    command: Runner, settings: Any, tmp_path: Path
) -> None:
    port = free_port()
    use_mail_server(settings, port)
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "me", "hunter2"
    with mail_server(port, tmp_path):
        outcome = command("check_settings")
    assert one_line_of_complaint(outcome) == ["EMAIL_URL"]
    assert "hunter2" not in outcome.stdout


@pytest.mark.once
def test_a_mail_server_that_is_not_there_does_not_work(command: Runner, settings: Any) -> None:
    use_mail_server(settings, free_port())
    assert found(command, "EMAIL_URL") == (False, "does not work: [Errno 111] Connection refused")


@pytest.mark.once
def test_t36_what_another_program_says_is_told_without_the_secrets_in_it(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PASSWORD": "hunter2", "OPTIONS": {"sslpassword": "hunter5"}}.items():
        monkeypatch.setitem(settings.DATABASES["default"], name, value)
    settings.CACHES = {"default": {"BACKEND": "…", "LOCATION": "redis://:hunt%40er3@localhost"}}
    settings.EMAIL_HOST_PASSWORD = "hunter4"
    said = f"hunter5 hunter2 hunt%40er3 hunt@er3 hunter4 {settings.SECRET_KEY} {settings.TOKEN_HASH_KEYS[0]}"
    assert settings_check.without_secrets(said) == "… … … … … … …"


@pytest.mark.once
def test_a_folder_of_mails_takes_files_and_reaches_nobody(command: Runner, settings: Any, folder: Path) -> None:
    settings.MAIL_FOLDER = str(folder / "mail")
    works, text = found(command, "EMAIL_URL")
    assert works
    assert text.endswith(", and reach nobody")
    assert list(folder.iterdir()) == []
    (folder / "mail").touch()
    assert found(command, "EMAIL_URL")[0] is False


# --- The disk --------------------------------------------------------------------------------------------------------


@pytest.mark.once
def test_a_data_folder_that_takes_no_files_does_not_work(command: Runner, settings: Any, folder: Path) -> None:
    folder.rmdir()
    folder.touch()
    assert found(command, "DATA_DIR")[0] is False


@pytest.mark.once
@pytest.mark.parametrize("mode", [0o755, 0o710, 0o701])
def test_a_data_folder_that_others_look_into_does_not_work(command: Runner, folder: Path, mode: int) -> None:
    folder.chmod(mode)
    works, text = found(command, "DATA_DIR")
    assert not works
    assert f"has the mode {mode:o}: others on this machine can look into it (chmod 700)" in text


@pytest.mark.once
def test_a_full_disk_does_not_work(command: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=99_999_999))
    works, text = found(command, "DATA_DIR")
    assert not works
    assert text.endswith("has 99 MB left")


def test_run4_a_data_folder_that_is_not_needed_is_not_tried(command: Runner, settings: Any, folder: Path) -> None:
    folder.rmdir()
    folder.touch()
    expected = (True, "not needed with PostgreSQL and a mail server") if is_postgresql() else (False, "does not work: ")
    works, text = found(command, "DATA_DIR")
    assert works is expected[0]
    assert text.startswith(expected[1])
    settings.MAIL_FOLDER = str(folder / "mail")
    assert found(command, "DATA_DIR")[0] is False


@pytest.mark.once
def test_a_folder_that_is_yet_to_be_made_is_not_left_behind(command: Runner, settings: Any, folder: Path) -> None:
    folder.rmdir()
    folder.parent.chmod(0o755)
    settings.MAIL_FOLDER = str(folder / "mail")
    assert (found(command, "DATA_DIR")[0], found(command, "EMAIL_URL")[0]) == (True, True)
    assert list(folder.parent.iterdir()) == []


@pytest.mark.once
def test_it_says_whether_static_files_are_collected(command: Runner, settings: Any) -> None:
    assert found(command, "static files") == (True, f"collected in {settings.STATIC_ROOT}")
    settings.STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    assert found(command, "static files")[1].startswith("not collected: ")


# --- The way in ------------------------------------------------------------------------------------------------------


@pytest.mark.once
@pytest.mark.parametrize(
    ("base_url", "hosts", "works"),
    [
        ("http://localhost:8000", ["localhost"], True),
        ("http://tokens.localhost:8000", [".localhost"], True),
        ("http://[::1]:8000", ["[::1]"], True),
        ("http://localhost:8000", ["other.example.com"], False),
    ],
)
def test_the_sites_must_answer_to_their_own_name(
    command: Runner, settings: Any, base_url: str, hosts: list[str], works: bool
) -> None:
    settings.BASE_URL, settings.ALLOWED_HOSTS = base_url, hosts
    assert found(command, "ALLOWED_HOSTS")[0] is works


def behind(settings: Any, address: str) -> None:
    settings.BASE_URL, settings.TRUSTED_PROXY_COUNT = address, 1


@pytest.mark.once
def test_where_nothing_answers_behind_a_proxy_that_is_said_and_no_fault(command: Runner, settings: Any) -> None:
    behind(settings, f"http://localhost:{free_port()}")
    assert found(command, "TRUSTED_PROXY_COUNT")[0] is None
    assert command("check_settings").status == 0


@pytest.mark.once
@pytest.mark.parametrize(
    ("status", "headers", "works"),
    [
        (200, {}, True),
        (301, {"Location": "https://localhost/accounts/login/"}, False),
        (400, {}, False),
        (502, {}, False),
    ],
)
def test_the_sign_in_page_must_come_through_the_proxy(
    command: Runner, settings: Any, provider: Liar, status: int, headers: dict[str, str], works: bool
) -> None:
    behind(settings, provider.issuer)
    provider.documents["/accounts/login/"] = {}
    provider.status, provider.headers = status, headers
    assert found(command, "TRUSTED_PROXY_COUNT")[0] is works


@pytest.mark.once
def test_a_proxy_without_tls_does_not_serve_https(command: Runner, settings: Any, provider: Liar) -> None:
    behind(settings, provider.issuer.replace("http:", "https:"))
    works, text = found(command, "TRUSTED_PROXY_COUNT")
    assert not works
    assert text.endswith(" cannot be reached by TLS as browsers do")


@pytest.mark.once
def test_the_provider_is_asked_who_it_is(command: Runner, settings: Any, provider: Liar) -> None:
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = provider.issuer, "tokens", "hunter2"
    assert found(command, "OIDC_ISSUER") == (True, "localhost describes itself as it should")
    provider.documents["/.well-known/openid-configuration"]["issuer"] = "https://other.example.com"
    assert found(command, "OIDC_ISSUER")[0] is False


# --- As a process ----------------------------------------------------------------------------------------------------


@pytest.mark.once
def test_a_wrong_database_is_told_in_lines_and_not_in_a_trace(tmp_path: Path) -> None:
    outcome = manage("check_settings", DATA_DIR=str(tmp_path))
    assert one_line_of_complaint(outcome) == ["DATABASE_URL"]
    assert len(outcome.stdout.splitlines()) == len(NAMES)
