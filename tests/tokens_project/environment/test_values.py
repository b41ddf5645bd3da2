"""A setting that is one value: text, a number, yes or no, a list of words."""

from __future__ import annotations

import pytest

from tests.tokens_project.environment.reading_settings import Given, refused
from tokens_project import environment as env
from tokens_project.environment import BadSetting

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("value", "read"), [("", "default"), ("  ", "default"), (" a b ", "a b"), ("Zoë 🚀", "Zoë 🚀")]
)
def test_text_is_stripped_and_empty_is_not_set(given: Given, value: str, read: str) -> None:
    given(value)
    assert env.text("NAME", "default") == read


def test_setting_that_is_not_there_is_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NAME", raising=False)
    assert env.text("NAME", "default") == "default"


@pytest.mark.parametrize("value", ["a\nb", "a\x1b[2Jb", "a\u202eb", "a\u2028b", "a\udcffb"])
def test_text_with_control_characters_is_refused(given: Given, value: str) -> None:
    given(value)
    assert refused(lambda: env.text("NAME", ""), value)


@pytest.mark.parametrize(("value", "read"), [("", 5), ("1", 1), ("10", 10), (" 7 ", 7), ("007", 7)])
def test_integer_in_range_is_read(given: Given, value: str, read: int) -> None:
    given(value)
    assert env.integer("NAME", 5, least=1, most=10) == read


@pytest.mark.parametrize(
    "value", ["0", "11", "-3", "+3", "3.0", "1e1", "0x7", "ten", "\u0667", "\u00b2", "9" * 5000, "1_0"]
)
def test_integer_out_of_range_or_none_is_refused(given: Given, value: str) -> None:
    given(value)
    with pytest.raises(BadSetting, match=r"^NAME: give a whole number from 1 to 10.$"):
        env.integer("NAME", 5, least=1, most=10)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("True", True),
        ("1", True),
        ("YES", True),
        ("on", True),
        ("False", False),
        ("0", False),
        ("no", False),
        ("Off", False),
    ],
)
def test_boolean_is_read_in_the_usual_spellings(given: Given, value: str, read: bool) -> None:
    given(value)
    assert env.boolean("NAME", default=not read) is read


@pytest.mark.parametrize("default", [True, False])
def test_boolean_that_is_empty_is_its_default(given: Given, default: bool) -> None:
    given("")
    assert env.boolean("NAME", default=default) is default


@pytest.mark.parametrize("value", ["2", "maybe", "truee", "None"])
def test_boolean_of_another_spelling_is_refused(given: Given, value: str) -> None:
    given(value)
    assert refused(lambda: env.boolean("NAME", default=False), value)


@pytest.mark.parametrize(("value", "read"), [("", ["x"]), (",", ["x"]), ("a", ["a"]), (" a , b ,, c", ["a", "b", "c"])])
def test_words_are_separated_by_commas(given: Given, value: str, read: list[str]) -> None:
    given(value)
    assert env.words("NAME", ["x"]) == read
