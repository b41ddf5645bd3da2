from __future__ import annotations

import logging
import re
from typing import Any

import pytest

from tests.introspection import UNKNOWN
from tokens_project.logs.scrubbing import ScrubbingFormatter, scrubbed

pytestmark = pytest.mark.once

TOKEN = UNKNOWN
SECRET = "enrs_Ab-_c0" + "x" * 32


def line(message: object, *arguments: Any, **values: Any) -> str:
    """What is written for an event."""
    record = logging.LogRecord("tokens", logging.WARNING, __file__, 1, message, arguments, values.pop("exc_info", None))
    vars(record).update(values)
    return ScrubbingFormatter().format(record)


@pytest.mark.parametrize("secret", [TOKEN, SECRET, TOKEN.lower(), TOKEN.upper(), TOKEN[:20]])
@pytest.mark.parametrize(
    "text", ["{}", "got {}.", "token={}&x=1", "'{}'", "b'{}'", '{{"token": "{}"}}', "/path/{}/more", "Bearer {}, {}"]
)
def test_t36_token_and_secret_are_struck_out_of_any_text(secret: str, text: str) -> None:
    struck_out = scrubbed(text.format(secret, secret))
    assert secret[5:] not in struck_out
    assert "_[removed]" in struck_out


def test_t36_token_is_struck_out_of_the_message() -> None:
    assert line(f"got {TOKEN}!").endswith(" WARNING tokens got enrt_[removed]!")


@pytest.mark.parametrize("argument", [TOKEN, {"token": TOKEN}, [TOKEN], ValueError(TOKEN), TOKEN.encode()])
def test_t36_token_is_struck_out_of_arguments(argument: object) -> None:
    assert TOKEN not in line("got %s", (argument,))
    assert TOKEN not in line("got %r", (argument,))


def test_t36_token_is_struck_out_of_a_traceback() -> None:
    error = ValueError(TOKEN)
    error.__cause__ = LookupError(SECRET)
    written = line("failed", exc_info=(ValueError, error, None))
    assert "ValueError: enrt_[removed]" in written
    assert TOKEN not in written
    assert SECRET not in written


def test_t36_token_is_struck_out_of_a_stack() -> None:
    assert TOKEN not in line("here", stack_info=f"Stack (most recent call last):\n  use({TOKEN!r})")


def test_t36_extra_values_are_not_written() -> None:
    assert TOKEN not in line("got it", request={"token": TOKEN})


def test_ordinary_text_stays() -> None:
    assert scrubbed("enrt_ is how a token starts, enro_ABC is none") == "enrt_ is how a token starts, enro_ABC is none"


def test_t39_event_is_one_line_with_time_level_and_logger() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ WARNING tokens done, Zoë 東京", line("done, %s", "Zoë 東京"))


@pytest.mark.parametrize(
    ("character", "written"),
    [
        ("\n", r"\n"),
        ("\r", r"\r"),
        ("\t", r"\t"),
        ("\x1b", r"\x1b"),
        ("\0", r"\x00"),
        ("\x7f", r"\x7f"),
        ("\x85", r"\x85"),
        ("\x9b", r"\x9b"),
        ("\u2028", r"\u2028"),
        ("\u2029", r"\u2029"),
    ],
)
def test_t39_control_character_is_escaped(character: str, written: str) -> None:
    assert line("user %s", f"a{character}b").endswith(f"user a{written}b")


def test_t39_forged_line_stays_in_the_line_of_its_event() -> None:
    written = line("no user %s", "x\r\n2027-01-31T12:00:00Z INFO tokens administrator signed in\x1b[1A")
    assert len(written.splitlines()) == 1


def test_t39_traceback_is_one_line() -> None:
    written = line("failed", exc_info=(ValueError, ValueError("first\nsecond"), None))
    assert len(written.splitlines()) == 1
    assert r"\nValueError: first\nsecond" in written


def test_t39_every_logger_of_the_service_writes_through_this_format(settings: Any) -> None:
    logging_settings = settings.LOGGING
    assert {handler["formatter"] for handler in logging_settings["handlers"].values()} == {"scrubbed"}
    assert [logger["handlers"] for logger in logging_settings["loggers"].values()] == [[], []]
    assert logging_settings["root"]["handlers"] == ["stderr"]


@pytest.mark.parametrize(
    "path", ["/accounts/password/reset/{}/", "/accounts/invitation/{}", "/profile/email/confirm/{}/?next=/", "/{}/x"]
)
def test_t36_the_key_of_a_mailed_link_is_struck_out(path: str) -> None:
    key = "k" * 20 + "-_" + "0" * 21
    written = line("Method Not Allowed (%s): %s", "POST", path.format(key))
    assert key not in written
    assert path.format("[removed]") in written


def test_a_path_of_another_length_is_left() -> None:
    assert line("/static/" + "a" * 42 + ".css").endswith("a.css")
    assert line("/static/" + "a" * 44).endswith("a" * 44)
