"""`init` begins an instance: keys, database and the first administrator."""

from __future__ import annotations

import re
import resource
import shlex
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.models import AuditEvent, User
from tests.accounts.mailed_links.test_invitations import accept
from tests.command_line import STRONG_KEYS, Runner, manage
from tests.pages import AFTER_SIGN_IN, LOGIN_URL
from tokens_project.environment.files import environment_line, write_environment

CHOSEN = "seven swans on a frozen lake"
EMAIL = "ada@example.com"


@pytest.fixture
def has_mail_server(settings: Settings) -> None:
    """Mails go to a server, as with EMAIL_URL."""
    settings.MAIL_FOLDER = ""


def test_run4_the_first_administrator_chooses_a_password_by_the_printed_link(command: Runner, client: Client) -> None:
    told = command("init", "ada", "--name", "Ada", "--json").json
    user = User.objects.get()
    assert (user.is_administrator, user.has_usable_password()) == (True, False)
    assert (told["id"], told["username"], told["mailed_to"]) == (str(user.pk), "ada", None)
    accept(client, told["link"].removeprefix(told["url"]))
    assert Client().post(LOGIN_URL, {"login": "ada", "password": CHOSEN}).headers["Location"] == AFTER_SIGN_IN
    entries = AuditEvent.objects.order_by("seq").values_list("action", "source")[:2]
    assert list(entries) == [("user:create", "command"), ("user:invite", "command")]
    assert mail.outbox == []


def test_run4_the_link_is_printed_for_a_person_to_read(command: Runner) -> None:
    lines = command("init", "ada", "--email", EMAIL).stdout.splitlines()
    assert lines[0] == "ada is the first administrator of http://localhost:8000."
    assert re.fullmatch(r"  http://localhost:8000/accounts/invitation/[^/\s]{43}/", lines[-1])


@pytest.mark.usefixtures("has_mail_server")
def test_run4_the_link_is_mailed_and_printed_nowhere_where_a_server_takes_mails(command: Runner) -> None:
    told = command("init", "ada", "--email", EMAIL, "--json").json
    assert (told["link"], told["mailed_to"]) == (None, EMAIL)
    (letter,) = mail.outbox
    assert letter.recipients() == [EMAIL]
    assert "/accounts/invitation/" in str(letter.body)


@pytest.mark.usefixtures("has_mail_server")
def test_a_person_reads_where_the_link_was_mailed(command: Runner) -> None:
    printed = command("init", "ada", "--email", EMAIL).stdout
    assert f"A link to choose a password goes to {EMAIL} once the service serves." in printed
    assert "/accounts/invitation/" not in printed


def test_run4_it_is_refused_once_an_administrator_can_sign_in(command: Runner, client: Client, alice: User) -> None:
    told = command("init", "ada", "--json").json
    accept(client, told["link"].removeprefix(told["url"]))
    outcome = command("init", "eve")
    assert outcome.is_one_line_of_refusal
    assert "an administrator can sign in already" in outcome.stderr
    assert set(User.objects.values_list("username", flat=True)) == {"ada", alice.username}


@pytest.mark.django_db
@pytest.mark.once
def test_run4_an_instance_that_is_not_begun_has_no_file_of_settings(
    command: Runner, client: Client, tmp_path: Path
) -> None:
    told = command("init", "ada", "--json").json
    accept(client, told["link"].removeprefix(told["url"]))
    outcome = command("init", "eve", "--environment-file", str(tmp_path / "environment"))
    assert outcome.is_one_line_of_refusal
    assert list(tmp_path.iterdir()) == []
    assert command("init", "eve").stderr == outcome.stderr


def test_a_link_that_was_lost_is_replaced_by_another(command: Runner, client: Client) -> None:
    first, second = (command("init", "ada", "--json").json for _time in range(2))
    assert first["id"] == second["id"]
    assert client.get(first["link"].removeprefix(first["url"])).status_code == 404
    accept(client, second["link"].removeprefix(second["url"]))
    assert User.objects.get().has_usable_password()


@pytest.mark.usefixtures("has_mail_server")
def test_an_address_that_was_mistyped_is_replaced_with_the_link(command: Runner) -> None:
    first = command("init", "ada", "--name", "Ada", "--email", "ada@exmaple.com", "--json").json
    mail.outbox.clear()
    second = command("init", "Ada", "--email", EMAIL, "--json").json
    assert (second["id"], second["username"], second["mailed_to"]) == (first["id"], "ada", EMAIL)
    assert [letter.recipients() for letter in mail.outbox if "/invitation/" in str(letter.body)] == [[EMAIL]]
    user = User.objects.get()
    assert (user.name, user.email) == ("Ada", EMAIL)
    entries = AuditEvent.objects.order_by("seq").values_list("action", flat=True)
    assert list(entries) == ["user:create", "user:invite", "user:update", "user:invite"]


def test_a_name_that_somebody_else_has_is_refused(command: Runner, alice: User) -> None:
    assert command("init", alice.username).is_one_line_of_refusal
    assert not User.objects.get().is_administrator


@pytest.mark.django_db
@pytest.mark.once
def test_without_a_name_and_a_file_there_is_nothing_to_do(command: Runner) -> None:
    assert command("init").is_one_line_of_wrong_usage


@pytest.mark.django_db
@pytest.mark.once
def test_a_file_of_settings_holds_what_was_given(
    command: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "environment"
    monkeypatch.setattr("tokens_project.management.commands.init.to_write", lambda: {"PRODUCT_NAME": "Our Tokens"})
    assert command("init", "--environment-file", str(file)).stdout.startswith(f"Wrote {file}. Keep a copy")
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ('PRODUCT_NAME="Our Tokens"\n', 0o600)
    assert command("init", "--environment-file", str(file)).is_one_line_of_refusal
    assert file.read_text() == 'PRODUCT_NAME="Our Tokens"\n'


@pytest.mark.once
def test_run4_production_gets_a_file_of_settings_with_fresh_keys_that_a_shell_reads(tmp_path: Path) -> None:
    file, mails = tmp_path / "environment", 'smtps://a:b$c"d`e\\f@mail.example.com:465'
    settings = {"BASE_URL": "https://tokens.example.com", "TRUSTED_PROXY_COUNT": "1", "EMAIL_URL": mails}
    settings |= {"DATA_DIR": str(tmp_path / "a & b #c"), "PRODUCT_NAME": "Ada's $HOME"}
    outcome = manage("init", "ada", "--environment-file", str(file), "--json", **settings)
    assert (outcome.status, outcome.json["username"]) == (0, "ada"), outcome.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    read = f"set -a; . {shlex.quote(str(file))}; exec env -0"
    told = subprocess.run(["sh", "-c", read], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True)
    values = dict(line.partition("=")[::2] for line in told.stdout.split("\0"))
    assert settings.items() <= values.items()
    assert len({values["SECRET_KEY"], values["TOKEN_HASH_KEYS"]} - {""}) == 2
    for key in ("SECRET_KEY", "TOKEN_HASH_KEYS"):
        assert values[key] not in outcome.stdout + outcome.stderr
    users = manage("list_users", "--json", **{name: values[name] for name in values.keys() - {"PWD", "_"}}).json
    assert [user["username"] for user in users["users"]] == ["ada"]


@pytest.mark.once
def test_keys_that_are_given_stand_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "environment"
    settings = {**STRONG_KEYS, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none?sslmode=verify-full"}
    assert manage("init", "--environment-file", str(file), **settings).status == 0
    assert file.read_text().splitlines() == [f"{name}={settings[name]}" for name in sorted(settings)]


@pytest.mark.once
def test_keys_that_the_instance_has_made_stand_in_the_file(tmp_path: Path) -> None:
    file, made = tmp_path / "environment", {"secret_key": "0123456789" * 6, "token_hash_keys": "abcdefghij" * 6}
    for name, key in made.items():
        (tmp_path / name).write_text(key + "\n")
    assert manage("init", "--environment-file", str(file), DATA_DIR=str(tmp_path)).status == 0
    assert {f"{name.upper()}={key}" for name, key in made.items()} < {*file.read_text().splitlines()}
    file.unlink()
    others = {"DATA_DIR": str(tmp_path), "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}
    assert manage("init", "--environment-file", str(file), **others).status == 0
    assert not [key for key in made.values() if key in file.read_text()]


@pytest.mark.once
def test_a_disk_that_is_full_leaves_no_file(tmp_path: Path) -> None:
    file = tmp_path / "environment"
    with as_if_the_disk_were_full(), pytest.raises(OSError, match="File too large"):
        write_environment(file, {"PRODUCT_NAME": "x" * 10_000})
    assert list(tmp_path.iterdir()) == []
    write_environment(file, {"PRODUCT_NAME": "Tokens"})
    with pytest.raises(FileExistsError):
        write_environment(file, {"PRODUCT_NAME": "Others"})
    assert [(path, path.read_text()) for path in tmp_path.iterdir()] == [(file, "PRODUCT_NAME=Tokens\n")]


@contextmanager
def as_if_the_disk_were_full() -> Iterator[None]:
    """Within the block this process writes no more than a thousand bytes to a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.once
def test_a_setting_that_is_refused_leaves_no_file(tmp_path: Path) -> None:
    outcome = manage("init", "--environment-file", str(tmp_path / "environment"), BASE_URL="https://tokens.example.com")
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr.startswith("TRUSTED_PROXY_COUNT: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.once
def test_run4_init_makes_the_keys_of_an_embedded_instance_once(tmp_path: Path) -> None:
    settings = {"DATA_DIR": str(tmp_path / "data")}
    first = manage("init", "ada", "--email", EMAIL, "--json", **settings)
    keys = [(tmp_path / "data" / name).read_bytes() for name in ("secret_key", "token_hash_keys")]
    assert first.json["username"] == "ada"
    assert manage("init", "ada", "--json", **settings).json["id"] == first.json["id"]
    assert [(tmp_path / "data" / name).read_bytes() for name in ("secret_key", "token_hash_keys")] == keys


@pytest.mark.django_db
@pytest.mark.once
@pytest.mark.parametrize("status", [0, 1])
def test_keys_that_are_yet_to_be_made_are_read_by_another_process(
    command: Runner, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    started: list[list[str]] = []

    def run(words: list[str], **_options: Any) -> subprocess.CompletedProcess[str]:
        started.append(words[2:])
        return subprocess.CompletedProcess(words, status)

    name = settings.DATABASES["default"]["NAME"]
    monkeypatch.setitem(settings.DATABASES["default"], "MISSING", {name: [Path("/data/secret_key")]})
    monkeypatch.setattr("tokens_project.management.commands.init.subprocess.run", run)
    monkeypatch.setattr(sys, "argv", ["manage.py", "init", "ada"])
    assert command("init", "ada").status == status
    migrate, again = ["migrate", "--verbosity", "0", "--skip-checks"], ["init", "ada"]
    assert started == ([migrate] if status else [migrate, again])
    assert not User.objects.exists()


@pytest.mark.once
@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("plain-1.2_3,4", "NAME=plain-1.2_3,4"),
        ("two words", 'NAME="two words"'),
        ("it's #1 & co", 'NAME="it\'s #1 & co"'),
        ('a"b\\c`d$e', r'NAME="a\"b\\c\`d\$e"'),
    ],
)
def test_a_value_is_quoted_only_where_it_must_be(value: str, line: str) -> None:
    assert environment_line("NAME", value) == line
