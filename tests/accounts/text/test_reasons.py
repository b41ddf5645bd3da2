"""Reasons: typed, or codes that are put into words for whoever reads them."""

from __future__ import annotations

import pytest
from django.utils import translation

from accounts.text.reasons import Reason
from tests.languages import second_language

pytestmark = pytest.mark.once


@pytest.mark.parametrize(("text", "words"), [("", "of_tomorrow"), ("42", "of_tomorrow 42")])
def test_a_code_of_a_later_version_stands_for_itself(text: str, words: str) -> None:
    assert Reason(text, "of_tomorrow").in_words() == words


@pytest.mark.parametrize("typed", ["", "user_deleted", "The user was deleted", "Left"])
def test_what_was_typed_is_what_is_read(typed: str) -> None:
    with second_language(), translation.override("de"):
        assert Reason(typed).in_words() == Reason(typed).for_programs() == typed
