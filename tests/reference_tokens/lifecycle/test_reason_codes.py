"""The reasons that the service gives: each code has words, for each reader in their language."""

from __future__ import annotations

import pytest
from django.utils import translation

from accounts.text.reasons import Reason
from reference_tokens.lifecycle.reason_codes import WORDS, ReasonCode
from tests.languages import TRANSLATED, second_language

pytestmark = pytest.mark.once


@pytest.mark.parametrize("code", ReasonCode)
def test_every_code_has_words_in_each_language(code: ReasonCode) -> None:
    reason = Reason("7", code)
    with second_language(), translation.override("de"):
        assert reason.in_words() == f"{TRANSLATED}{reason.for_programs()}"
    assert reason.in_words() == reason.for_programs() != ""


def test_no_words_are_left_of_a_code_that_is_gone() -> None:
    assert set(WORDS) == set(ReasonCode)


@pytest.mark.parametrize(("days", "words"), [("1", "Not used for 1 day"), ("90", "Not used for 90 days")])
def test_a_number_of_days_is_counted(days: str, words: str) -> None:
    assert Reason(days, ReasonCode.UNUSED).in_words() == words
