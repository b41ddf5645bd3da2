"""What every command shares: how input is read and how a refusal is worded."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection

from accounts.commands import (
    MAXIMUM_LINE_LENGTH,
    Error,
    one_line,
    parse_instant_option,
    refused_in_one_line,
    secret_from_standard_input,
)
from tests.command_line import Runner


@pytest.mark.once
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-01-31T12:00:00Z", datetime(2027, 1, 31, 12, tzinfo=UTC)),
        ("2027-01-31T12:00:00", datetime(2027, 1, 31, 12, tzinfo=UTC)),
        ("2027-01-31T12:00:00+02:00", datetime(2027, 1, 31, 10, tzinfo=UTC)),
        ("2027-01-31 12:00", datetime(2027, 1, 31, 12, tzinfo=UTC)),
        ("2027-01-31", datetime(2027, 1, 31, tzinfo=UTC)),
    ],
)
def test_instant_is_utc_where_it_names_no_offset(text: str, expected: datetime) -> None:
    assert parse_instant_option("--expires-at", text) == expected
    assert parse_instant_option("--expires-at", text).tzinfo is UTC


@pytest.mark.once
@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2027-13-01",
        "1800000000",
        "2027-01-31T25:00",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-14:00",
    ],
)
def test_what_is_no_instant_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Error, match=r"^--expires-at: give a time like 2027-01-31T12:00:00Z\.$"):
        parse_instant_option("--expires-at", text)


@pytest.mark.once
@pytest.mark.parametrize(("given", "secret"), [("s e c\n", "s e c"), ("s\r\n", "s"), (" s ", " s "), ("a\nb\n", "a")])
def test_secret_is_the_first_line_of_standard_input(monkeypatch: pytest.MonkeyPatch, given: str, secret: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(given))
    assert secret_from_standard_input("password") == secret


@pytest.mark.once
@pytest.mark.parametrize("given", ["", "\n", "\r\n"])
def test_no_secret_on_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(given))
    with pytest.raises(Error, match=r"^no password on standard input\.$"):
        secret_from_standard_input("password")


@pytest.mark.once
def test_secret_is_never_cut_but_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("x" * (MAXIMUM_LINE_LENGTH + 1)))
    with pytest.raises(Error, match="longer than 10000 characters"):
        secret_from_standard_input("password")


@pytest.mark.once
def test_errors_of_several_fields_are_one_line() -> None:
    error = ValidationError({"name": ["Too long.", "Too odd."], "__all__": ["Both wrong."]})
    assert one_line(error) == "name: Too long. Too odd. Both wrong."
    assert one_line(ValidationError(["One.", "Two."])) == "One. Two."


@pytest.mark.parametrize(
    ("cause", "advice"),
    [
        ("attempt to write a readonly database", "call this as the user of the service"),
        ("cannot execute INSERT in a read-only transaction", "it takes no writes now"),
        ("database or disk is full", "make room on its disk"),
        ("could not extend file: No space left on device", "make room on its disk"),
        ("database is locked", "somebody else is writing"),
        ("no such table: accounts_user", "is it there and migrated? (manage.py migrate)"),
    ],
)
@pytest.mark.once
def test_what_to_do_about_a_database_that_refuses_follows_from_why_it_does(cause: str, advice: str) -> None:
    with pytest.raises(Error) as refused, refused_in_one_line():
        raise OperationalError(cause)
    assert str(refused.value).startswith(f"the database refused ({cause}); {advice}")


@pytest.mark.once
def test_refusal_is_one_line_whatever_was_typed() -> None:
    message = str(Error("no user a\nb\x1b[2J\u202e\u2028\udcff, but Zoë 東京 is"))
    assert message == r"no user a\nb\x1b[2J\u202e\u2028\udcff, but Zoë 東京 is"


def test_database_that_refuses_is_one_line_that_says_what_to_do(command: Runner) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_user RENAME TO elsewhere")
    outcome = command("list_tokens", "--user", "alice")
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr.startswith("Error: the database refused (")
    assert outcome.stderr.endswith("); is it there and migrated? (manage.py migrate)\n")


@pytest.mark.once
def test_a_refusal_is_no_longer_than_a_paragraph() -> None:
    assert str(Error("x" * 500)) == "x" * 500
    assert str(Error("x" * 20_000)) == "x" * 499 + "…"
    assert len(str(Error("\x1b" * 400))) == 500
