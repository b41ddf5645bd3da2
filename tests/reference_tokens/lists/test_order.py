"""The orders of lists, and pages that cost the same at any depth (performance.md)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.models import User
from reference_tokens.lists.finding import order as token_order
from reference_tokens.lists.finding.order import ListPosition, TokenPage, runs, token_page
from reference_tokens.models import ReferenceToken
from tests.factories import alter, issued_pat
from tests.introspection import plan
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LONG_AGO, FAR = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def by_last_use(token: ReferenceToken) -> tuple[Any, ...]:
    """Those never used by their issue, before those that were used."""
    return (token.last_used_at, LONG_AGO, token.pk) if token.last_used_at else (LONG_AGO, token.issued_at, token.pk)


# What each order means, said again: live tokens, but for the last.
EXPECTED: dict[str, Callable[[ReferenceToken], Any]] = {
    "issued": lambda token: (token.issued_at, token.pk),
    "expiry": lambda token: (
        (0, token.expires_at, token.issued_at, token.pk) if token.expires_at else (1, *backwards(token))
    ),
    "used": by_last_use,
    "unused": by_last_use,
    "ended": lambda token: (token.revoked_at or token.expires_at, token.issued_at, token.pk),
}
NEWEST_FIRST = {"issued", "used", "ended"}


def backwards(token: ReferenceToken) -> tuple[timedelta, int]:
    """Sorts the newest first."""
    return (FAR - token.issued_at, -token.pk.int)


@pytest.fixture
def tokens(alice: User, application: TrustedApplication) -> list[ReferenceToken]:
    """Twelve with every mixture of issue, expiry and use, many of them equal."""
    for number in range(12):
        alter(
            issued_pat(alice, application).token,
            issued_at=NOW - timedelta(days=40 + number // 4),
            expires_at=[None, NOW + timedelta(days=3), NOW + timedelta(days=9)][number % 3],
            last_used_at=[None, NOW - timedelta(days=1)][number % 2],
        )
    return list(ReferenceToken.objects.all())


def end(tokens: list[ReferenceToken]) -> list[ReferenceToken]:
    """The same, half revoked and half expired, some of both kinds at one moment."""
    for number, token in enumerate(tokens):
        ended = NOW - timedelta(days=number // 3)
        alter(token, **({"revoked_at": ended} if number % 2 else {"expires_at": ended}))
    return list(ReferenceToken.objects.all())


def page(order: str, **position: str) -> TokenPage:
    return token_page(ReferenceToken.objects.all(), runs(order, NOW), **position)


def pages(order: str) -> Iterator[TokenPage]:
    """From the first page to the last."""
    found = page(order)
    yield found
    while found.after:
        found = page(order, after=str(found.after))
        yield found


@pytest.mark.parametrize("order", EXPECTED)
@pytest.mark.parametrize("size", [1, 2, 5, 6, 11, 12])
def test_the_pages_of_an_order_follow_each_other_forwards_and_backwards(
    tokens: list[ReferenceToken], monkeypatch: pytest.MonkeyPatch, order: str, size: int
) -> None:
    monkeypatch.setattr(token_order, "PAGE_SIZE", size)
    tokens = end(tokens) if order == "ended" else tokens
    expected = sorted(tokens, key=EXPECTED[order], reverse=order in NEWEST_FIRST)
    found = list(pages(order))
    assert [token for one in found for token in one.tokens] == expected
    assert {len(one.tokens) for one in found[:-1]} <= {size}
    for earlier, later in pairwise(found):
        back = page(order, before=str(later.before))
        assert back == earlier._replace(before=back.before)
        assert bool(back.before) is bool(earlier.before)


def test_a_token_that_is_used_meanwhile_moves_no_page(
    tokens: list[ReferenceToken], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_order, "PAGE_SIZE", 5)
    first = page("used")
    before = page("used", after=str(first.after)).tokens
    alter(first.tokens[-1], last_used_at=NOW)
    assert page("used", after=str(first.after)).tokens == before


def test_a_place_at_which_there_is_nothing_shows_the_first_page(
    tokens: list[ReferenceToken], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_order, "PAGE_SIZE", 5)
    first = page("issued")
    (*_, last) = pages("issued")
    assert page("issued", before=str(ListPosition(0, (NOW, uuid.UUID(int=0))))) == first
    assert page("issued", after=str(ListPosition(0, (LONG_AGO, uuid.UUID(int=0))))) == first
    assert page("issued", after=str(ListPosition(0, (NOW, NOW, uuid.UUID(int=0))))) == first
    assert page("expiry", after=str(ListPosition(7, (NOW, uuid.UUID(int=0))))) == page("expiry")
    assert last.after is None


@given(st.text(alphabet="0123456789abcdef.-٣_ \x00", max_size=90))
@example("0.99999999999999999999999999.00000000000000000000000000000001")
@example("0.-99999999999999999.00000000000000000000000000000001")
@example("99999999999999999999.0.00000000000000000000000000000001")
@example("0." + "9" * 5000 + ".00000000000000000000000000000001")
def test_t65_any_text_is_a_place_or_none(text: str) -> None:
    position = ListPosition.read(text)
    assert position is None or ListPosition.read(str(position)) == position


@pytest.mark.parametrize("of_application", [True, False])
@pytest.mark.parametrize("order", EXPECTED)
def test_no_page_of_an_order_is_sorted_or_read_from_the_start(
    tokens: list[ReferenceToken], application: TrustedApplication, order: str, of_application: bool
) -> None:
    listed = ReferenceToken.objects.of(application) if of_application else ReferenceToken.objects.all()
    live = listed if order == "ended" else listed.not_ended(NOW)
    for run in runs(order, NOW):
        position = ListPosition(run.rank, (*(NOW for _ in run.instants), uuid.UUID(int=7)))
        for is_backwards in (False, True):
            there = run.beyond(live, position, is_backwards=is_backwards)
            assert there is not None
            for found, reads in ((run.whole(live), r"(token|use)_(of|by)_"), (there, r",(token_)?id\)[<>]|\bROW\(")):
                steps = plan(run.ordered(found, is_backwards=is_backwards)[:51])
                assert not re.search(r"TEMP B-TREE|\bSort\b|Incremental", steps), steps
                assert re.search(reads, steps), steps


@pytest.mark.parametrize("of_application", [True, False])
def test_the_few_that_are_suspended_are_listed_and_counted_without_reading_all(
    tokens: list[ReferenceToken], application: TrustedApplication, of_application: bool
) -> None:
    listed = ReferenceToken.objects.of(application) if of_application else ReferenceToken.objects.all()
    (run,) = runs("issued", NOW)
    steps = plan(run.ordered(run.whole(listed.in_state("suspended", NOW)))[:51])
    assert re.search(r"token_(of_app_)?by_suspended", steps), steps


@pytest.mark.parametrize("order", ["used", "unused"])
def test_an_application_is_said_of_uses_alone_where_these_lead_to_its_tokens(
    tokens: list[ReferenceToken], application: TrustedApplication, order: str
) -> None:
    (run,) = (run for run in runs(order, NOW) if run.id != "id")
    for listed in (
        ReferenceToken.objects.of(application),
        ReferenceToken.objects.filter(application__in=[application]),
    ):
        found = run.whole(listed.not_ended(NOW))
        _columns, conditions = str(found.query).split(" WHERE ")
        assert '"reference_tokens_tokenuse"."application_id"' in conditions
        assert '"reference_tokens_referencetoken"."application_id"' not in conditions
        assert set(found) == {token for token in tokens if token.last_used_at}
