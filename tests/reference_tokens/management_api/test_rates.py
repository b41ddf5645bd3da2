"""`API_RATE`: how many requests a token may make in a minute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError
from django.utils import timezone

from accounts.limits.rates import CannotCount
from reference_tokens.management_api import rates
from tests.factories import UserFactory
from tests.reference_tokens.management_api.conftest import Program

pytestmark = [pytest.mark.django_db, pytest.mark.once]

START_OF_A_MINUTE = timezone.now().replace(second=0, microsecond=0) + timedelta(minutes=1)


@pytest.fixture
def few(settings: Any) -> None:
    settings.API_RATE = 2


@pytest.mark.usefixtures("few")
def test_each_answer_says_how_many_are_left(automation: Program) -> None:
    with time_machine.travel(START_OF_A_MINUTE, tick=False):
        answers = [automation.get("/me") for _time in range(2)]
    assert [answer["RateLimit"] for answer in answers] == ['"per-token";r=1;t=60', '"per-token";r=0;t=60']
    assert answers[0]["RateLimit-Policy"] == '"per-token";q=2;w=60'


@pytest.mark.usefixtures("few")
def test_one_too_many_is_429_and_the_next_minute_begins_anew(automation: Program) -> None:
    with time_machine.travel(START_OF_A_MINUTE, tick=False) as clock:
        clock.shift(20)
        first, _second, third = (automation.get("/me") for _time in range(3))
        clock.shift(40)
        later = automation.get("/me")
    assert [first.status_code, third.status_code, later.status_code] == [200, 429, 200]
    assert (third["Retry-After"], third["RateLimit"]) == ("40", '"per-token";r=0;t=40')
    assert third["Content-Type"] == "application/problem+json"


@pytest.mark.usefixtures("few")
def test_each_token_has_its_own_count(automation: Program, program_of: Callable[..., Program]) -> None:
    other = program_of(UserFactory.create())
    with time_machine.travel(START_OF_A_MINUTE, tick=False):
        statuses = [program.get("/me").status_code for program in (automation, automation, automation, other)]
    assert statuses == [200, 200, 429, 200]


@pytest.mark.usefixtures("few")
def test_a_refusal_says_how_many_are_left_too(automation: Program) -> None:
    with time_machine.travel(START_OF_A_MINUTE, tick=False):
        assert automation.post("/scopes", {})["RateLimit"] == '"per-token";r=1;t=60'


def test_so_does_what_is_not_there_was_changed_meanwhile_or_breaks_a_rule(automation: Program) -> None:
    automation.post("/scopes", {"name": "stock.read", "description": "See the stock."})
    answers = [
        automation.get("/groups/4711"),
        automation.patch("/scopes/stock.read", {"description": "See it."}, If_Match='"0123"'),
        automation.post("/resource-servers", {"name": "Orders API"}),
    ]
    assert [answer.status_code for answer in answers] == [404, 412, 422]
    assert all(answer["RateLimit"].startswith('"per-token";r=') for answer in answers)


def test_zero_is_no_limit(automation: Program, settings: Any) -> None:
    settings.API_RATE = 0
    answer = automation.get("/me")
    assert answer.status_code == 200
    assert "RateLimit" not in answer


def test_where_requests_cannot_be_counted_nobody_is_refused(
    automation: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any) -> int:
        raise CannotCount from OperationalError("locked")

    monkeypatch.setattr(rates, "count_in_window", fail)
    answer = automation.get("/me")
    assert answer.status_code == 200
    assert "RateLimit" not in answer
