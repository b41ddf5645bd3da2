"""Reasons: typed, or codes that are put into words for whoever reads them."""

from __future__ import annotations

import pytest
from django.utils import translation

from accounts.text.reasons import WORDS, Code, Reason
from tests.languages import TRANSLATED, second_language

pytestmark = pytest.mark.once


@pytest.mark.parametrize("code", Code)
def test_every_code_has_words_in_each_language(code: Code) -> None:
    reason = Reason("7", code)
    with second_language(), translation.override("de"):
        assert reason.in_words() == f"{TRANSLATED}{reason.for_programs()}"
    assert reason.in_words() == reason.for_programs() != ""


def test_no_words_are_left_of_a_code_that_is_gone() -> None:
    assert set(WORDS) == set(Code)


@pytest.mark.parametrize(("days", "words"), [("1", "Not used for 1 day"), ("90", "Not used for 90 days")])
def test_a_number_of_days_is_counted(days: str, words: str) -> None:
    assert Reason(days, Code.UNUSED).in_words() == words


@pytest.mark.parametrize(("text", "words"), [("", "of_tomorrow"), ("42", "of_tomorrow 42")])
def test_a_code_of_a_later_version_stands_for_itself(text: str, words: str) -> None:
    assert Reason(text, "of_tomorrow").in_words() == words


@pytest.mark.parametrize("typed", ["", "user_deleted", "The user was deleted", "Left"])
def test_what_was_typed_is_what_is_read(typed: str) -> None:
    with second_language(), translation.override("de"):
        assert Reason(typed).in_words() == Reason(typed).for_programs() == typed
