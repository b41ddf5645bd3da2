"""TOK-13 and TOK-16: what each door leaves behind of the token it was shown, without a Resource Server in between."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest
from django.utils import timezone

from accounts.headers.request_ids import current
from accounts.models import User
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.models import AnswerCount, Door, RefusalCount, TokenUse, ValidationTime
from reference_tokens.usage.recorder import recorder
from reference_tokens.validation.noting import note_lacking_scope
from reference_tokens.validation.validate import validate, validate_for_application
from tests.factories import alter, issued_pat
from tests.introspection import UNKNOWN
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

HOME = "192.0.2.7"


@pytest.fixture
def issued(alice: User, application: TrustedApplication) -> IssuedToken:
    return issued_pat(alice, application)


def shown(issued: IssuedToken) -> None:
    """Show the token to a door."""
    validate(issued.plaintext, now=timezone.now(), door=Door.TOKEN_ITSELF, address=HOME)


def refusals() -> list[tuple[Any, ...]]:
    """What is stored of refusals, with each minute's count."""
    recorder.flush()
    return list(RefusalCount.objects.values_list("token_id", "server_id", "reason", "door", "address", "count"))


def test_an_answer_is_counted_with_how_long_its_request_took_and_outside_of_one_as_immediate(db: None) -> None:
    for began in (monotonic() - 10, 0.0):
        current.began = began
        validate(UNKNOWN, now=timezone.now(), door=Door.PROFILE)
    recorder.flush()
    slow, immediate = ValidationTime.objects.filter(door="profile").order_by("-seconds")
    assert (slow.outcome, slow.within, slow.count) == ("unknown", "+Inf", 1)
    assert 10 <= slow.seconds < 60
    assert (immediate.within, immediate.count, immediate.seconds) == ("0.0005", 1, 0.0)
    assert list(AnswerCount.objects.values_list("client_id", "outcome", "count")) == [("", "unknown", 2)]


def test_tok13_the_first_use_alone_is_written_at_once(issued: IssuedToken) -> None:
    woken = []
    for change in ({"suspended_at": timezone.now()}, {"suspended_at": None}, {"first_used_at": timezone.now()}):
        alter(issued.token, **change)
        recorder._wake.clear()
        shown(issued)
        woken.append(recorder._wake.is_set())
    assert woken == [False, True, False]


def test_api2_a_token_of_the_application_is_used_from_where_it_comes(issued: IssuedToken) -> None:
    decision = validate_for_application(
        issued.plaintext, "com.example/excel", now=timezone.now(), door=Door.MANAGEMENT_API, address=HOME
    )
    assert decision.good.id == issued.token.pk
    assert refusals() == []
    use = TokenUse.objects.get()
    assert (use.token_id, use.last_used_server_id, use.last_used_address) == (issued.token.pk, None, HOME)


def test_api2_a_token_of_another_application_is_refused_and_noted_with_what_it_is(issued: IssuedToken) -> None:
    decision = validate_for_application(
        issued.plaintext, "com.example/other", now=timezone.now(), door=Door.MANAGEMENT_API, address=HOME
    )
    assert (decision.inactive, decision.scopes) == ("other_server", ())
    assert decision.record
    assert decision.record.id == issued.token.pk
    assert refusals() == [(issued.token.pk, None, "other_server", "management_api", HOME, 1)]


def test_api2_why_a_token_is_not_good_comes_before_whose_it_is(issued: IssuedToken) -> None:
    alter(issued.token, revoked_at=timezone.now())
    decision = validate_for_application(
        issued.plaintext, "com.example/other", now=timezone.now(), door=Door.MANAGEMENT_API, address=HOME
    )
    assert decision.inactive == "revoked"


def test_tok16_a_call_that_needs_a_scope_which_the_token_lacks_is_noted(issued: IssuedToken) -> None:
    note_lacking_scope(issued.token.pk, now=timezone.now(), door=Door.MANAGEMENT_API, address=HOME)
    assert refusals() == [(issued.token.pk, None, "insufficient_scope", "management_api", HOME, 1)]


def test_tok16_a_refusal_is_noted_in_the_minute_in_which_it_was(issued: IssuedToken) -> None:
    alter(issued.token, revoked_at=timezone.now())
    before = timezone.now()
    shown(issued)
    recorder.flush()
    stored = RefusalCount.objects.get()
    assert before.replace(second=0, microsecond=0) <= stored.minute <= stored.first_at
    assert before <= stored.first_at <= timezone.now()
