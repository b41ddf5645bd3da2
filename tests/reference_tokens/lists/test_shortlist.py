"""How many tokens a list has, and the shorter of two ways to its pages."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock
from urllib.parse import parse_qsl

import pytest
from django.utils import timezone

from accounts.models import User
from reference_tokens.lists import in_time
from reference_tokens.lists.capped_count import capped_count
from reference_tokens.lists.finding import shortlist
from reference_tokens.lists.links import NO_LINKS
from reference_tokens.lists.section import list_section
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, alter, issued_pat, issued_sat
from tests.introspection import Statements
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def section(query: str = "", **changes: Any) -> dict[str, Any]:
    tokens = changes.pop("tokens", ReferenceToken.objects.all())
    filters = ("kind", "application", "owner", "scope")
    return list_section(tokens, dict(parse_qsl(query)), timezone.now(), NO_LINKS, filters=filters, **changes)


def names(query: str = "", **changes: Any) -> list[str]:
    return [row.name for row in section(query, **changes)["tokens"]]


@pytest.mark.parametrize("few", [0, 3000])
@pytest.mark.parametrize("query", ["", "sort=expiry", "q=alice", "scope=read", "state=outside_policy", "kind=PAT"])
def test_the_list_of_one_owner_is_narrowed_to_theirs(
    alice: User, bob: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch, query: str, few: int
) -> None:
    monkeypatch.setattr(shortlist, "FEW", few)
    for user in (alice, bob):
        alter(issued_pat(user, application, description=f"of alice or {user.username}").token, expires_at=None)
    tokens = ReferenceToken.objects.held_by(alice)
    assert names(query, tokens=tokens, is_of_one_owner=True) == ["of alice or alice"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "sort=expiry",
        "sort=used",
        "state=ended",
        "state=never_used&sort=expiry",
        "state=outside_policy&sort=expiry",
        "kind=SAT&owner=alice&sort=used&application=excel",
        "scope=read&q=a+b+c&sort=unused",
    ],
)
def test_no_list_takes_more_than_six_queries(alice: User, application: TrustedApplication, query: str) -> None:
    issued_pat(alice, application)
    issued_sat(ApplicationFactory.create(with_system_user=True))
    with Statements() as statements:
        section(query)
    assert len(statements) <= 6, statements.sql


def test_a_list_that_takes_too_long_to_count_is_shown(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued_pat(alice, application, description="mine")
    issued_sat(ApplicationFactory.create(with_system_user=True), description="service")
    monkeypatch.setattr(shortlist, "count_in_time", lambda _count: None)
    found = section("kind=SAT")
    assert ([row.name for row in found["tokens"]], found["count_label"]) == (["service"], "many tokens")


def test_all_that_is_counted_of_a_list_shares_the_time_of_its_count(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued_pat(alice, application, description="mine")
    within = Mock(wraps=in_time.count_in_time)
    monkeypatch.setattr(shortlist, "FEW", 0)
    monkeypatch.setattr(shortlist, "count_in_time", within)
    assert section("kind=PAT")["count_label"] == "1 token"
    assert within.call_count == 1


def test_a_set_that_can_have_no_token_is_counted_as_none() -> None:
    assert str(capped_count(ReferenceToken.objects.none())) == "0"
