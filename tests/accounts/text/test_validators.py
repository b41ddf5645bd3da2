from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from accounts.text.validators import known_language, known_time_zone, plain_text, username_characters

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    "character",
    [
        pytest.param("\u202e", id="right-to-left override"),
        pytest.param("\u202a", id="left-to-right embedding"),
        pytest.param("\u2066", id="left-to-right isolate"),
        pytest.param("\u200e", id="left-to-right mark"),
        pytest.param("\u200b", id="zero width space"),
        pytest.param("\u200d", id="zero width joiner"),
        pytest.param("\ufeff", id="byte order mark"),
        pytest.param("\u00ad", id="soft hyphen"),
        pytest.param("\0", id="NUL"),
        pytest.param("\n", id="line feed"),
        pytest.param("\r", id="carriage return"),
        pytest.param("\t", id="tab"),
        pytest.param("\x1b", id="escape"),
        pytest.param("\x7f", id="delete"),
        pytest.param("\x85", id="next line"),
        pytest.param("\x9b", id="control sequence introducer"),
        pytest.param("\u2028", id="line separator"),
        pytest.param("\u2029", id="paragraph separator"),
        pytest.param("\ud800", id="lone surrogate"),
        pytest.param("\U000e0041", id="tag letter"),
    ],
)
@pytest.mark.parametrize("text", ["{}name", "na{}me", "name{}"])
def test_t63_character_without_a_shape_is_refused(character: str, text: str) -> None:
    with pytest.raises(ValidationError, match="invisible"):
        plain_text(text.format(character))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Night scheduler",
        "Zoë Müller-Ångström",
        "مستخدم",
        "משתמש",
        "東京 事務所",
        "Здравствуйте",
        "🚀 Rocket",
        "a\u00a0b",
    ],
)
def test_t63_ordinary_text_of_any_script_is_allowed(text: str) -> None:
    plain_text(text)


@pytest.mark.parametrize("username", ["a", "alice", "Alice.Example", "a_b-c@example.com", "007"])
def test_username_of_the_given_characters_is_allowed(username: str) -> None:
    username_characters(username)


@pytest.mark.parametrize("username", ["", "a b", "alice\n", "\nalice", "a/b", "a\0", "alice\u200b", "\u0430lice"])
def test_peo1_username_of_other_characters_is_refused(username: str) -> None:
    with pytest.raises(ValidationError):
        username_characters(username)


@pytest.mark.parametrize("zone", ["", "Mars/Phobos", "europe/berlin", "../etc/passwd"])
def test_a_time_zone_that_nobody_knows_is_refused(zone: str) -> None:
    known_time_zone("Europe/Berlin")
    with pytest.raises(ValidationError, match="Choose one of the listed time zones"):
        known_time_zone(zone)


@pytest.mark.parametrize("language", ["", "EN", "tlh", "../en"])
def test_a_language_that_the_service_does_not_speak_is_refused(language: str) -> None:
    known_language("en")
    with pytest.raises(ValidationError, match="Choose one of the languages"):
        known_language(language)
