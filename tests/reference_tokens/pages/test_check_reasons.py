"""VAL-6: every refusal has its sentence, for administrators and for holders; and what each thing pasted is told."""

from __future__ import annotations

import pytest

from reference_tokens.pages.checking.mistypings import WORDS, mistyping_in_words
from reference_tokens.pages.checking.reasons import REASONS, told_by
from reference_tokens.token_values import token_format
from reference_tokens.token_values.mistyping import Mistake
from reference_tokens.validation.checking import VERDICTS, Checked, Outcome
from reference_tokens.validation.decision import Inactive
from reference_tokens.validation.noting import LACKS_SCOPES
from reference_tokens.validation.reasons import WHY

TOKEN = token_format.generate()


def test_val6_every_outcome_has_a_verdict_and_its_sentences() -> None:
    outcomes = {*Inactive, *WHY, *Outcome, LACKS_SCOPES}
    assert set(VERDICTS) == outcomes
    # What is mistyped is told by its mistakes.
    assert set(REASONS) | {Inactive.MALFORMED} == outcomes
    assert set(WORDS) == set(Mistake)


def test_what_is_pasted_is_told_by_its_mistakes_and_never_repeated() -> None:
    said = mistyping_in_words(f"Bearer {TOKEN.lower()}")
    assert said[0].startswith("The name of a header or the word Bearer")
    assert said[-1].startswith("Without that it has the form of a token")
    assert not [sentence for sentence in said if TOKEN[5:13].lower() in sentence.lower()]


def test_a_token_cut_off_is_told_by_how_much_of_it_there_is() -> None:
    assert mistyping_in_words(TOKEN[:-9]) == ["It has 55 of 64 digits behind enrt_: its end is probably cut off."]


def test_the_secret_of_a_resource_server_is_called_so() -> None:
    secret = "enrs_" + "Ab3" * 14 + "x"
    assert mistyping_in_words(secret) == ["This is the secret of a Resource Server, not a token."]


def test_what_was_undone_in_this_moment_is_not_told() -> None:
    assert told_by(None, "by %(who)s", "%(instant)s") == []


@pytest.mark.parametrize(
    ("what", "message"), [("token", "no token was found"), ("asking", "no Resource Server was chosen")]
)
def test_nothing_is_told_of_what_was_not_found(what: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        getattr(Checked(Inactive.UNKNOWN), what)
