"""TOK-16: every refusal has its sentence, and the management API's own where that means something else there."""

from __future__ import annotations

import pytest
from django.utils import translation

from reference_tokens.models import Door
from reference_tokens.validation.decision import Inactive
from reference_tokens.validation.noting import LACKS_SCOPES, CallerRefused
from reference_tokens.validation.reasons import why_in_words

pytestmark = pytest.mark.once


def test_tok16_every_reason_has_a_sentence_of_its_own_at_every_door() -> None:
    reasons = [*Inactive, *CallerRefused, LACKS_SCOPES]
    for door in ("", *Door):
        assert len({why_in_words(reason, door) for reason in reasons}) == len(reasons)


def test_tok16_the_management_api_says_what_a_refusal_means_there() -> None:
    for reason, words in [
        (Inactive.OTHER_SERVER, "The token is for another Trusted Application than the management API."),
        (LACKS_SCOPES, "The call needs a scope that the token lacks, or that holds for administrators alone."),
    ]:
        assert why_in_words(reason, Door.MANAGEMENT_API) == words
        assert words not in {why_in_words(reason), why_in_words(reason, Door.FORWARD_AUTH)}
    assert why_in_words("revoked", Door.MANAGEMENT_API) == why_in_words("revoked") == "The token was revoked."


def test_tok16_pages_say_it_in_the_language_of_the_reader() -> None:
    with translation.override("de"):
        assert why_in_words("revoked") != "The token was revoked."
