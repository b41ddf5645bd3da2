"""How many tokens a list has, and the shorter of two ways to its pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from reference_tokens.lists import section as section_of_list
from reference_tokens.lists.capped_count import capped_count
from reference_tokens.lists.filtering import offered
from reference_tokens.lists.finding import shortlist
from reference_tokens.lists.finding.filters import TokenFilters
from reference_tokens.lists.finding.ways import ways_to
from reference_tokens.lists.links import NO_LINKS
from reference_tokens.lists.section import list_section
from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet
from reference_tokens.models.rules import rules_of
from tests.factories import ApplicationFactory, UserFactory, alter, issued_pat, issued_sat, made_applications
from tests.introspection import Statements
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def section(query: str = "", **changes: Any) -> dict[str, Any]:
    tokens = changes.pop("tokens", ReferenceToken.objects.all())
    filters = ("kind", "application", "owner", "scope")
    return list_section(tokens, dict(parse_qsl(query)), timezone.now(), NO_LINKS, filters=filters, **changes)


def names(query: str = "", **changes: Any) -> list[str]:
    return [row.name for row in section(query, **changes)["tokens"]]


@pytest.mark.parametrize("few", [0, 1000])
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


@pytest.mark.parametrize(
    "query",
    ["", "sort=expiry", "owner=alice", "owner=robot", "scope=read&q=a", "state=outside_policy", "kind=PAT", "q=a"],
)
@pytest.mark.parametrize("named_by", ["pk", "application_uri", "name"])
def test_a_list_of_one_of_many_applications_takes_no_more(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch, query: str, named_by: str
) -> None:
    monkeypatch.setattr(offered, "APPLICATIONS_OFFERED", 1)
    other = ApplicationFactory.create(system_user=UserFactory.create(username="robot", system=True))
    issued_pat(alice, application, description="a")
    issued_sat(other)
    with Statements() as statements:
        section(f"{query}&application={getattr(application, named_by)}")
    assert len(statements) <= 6, statements.sql


def test_no_application_is_read_where_there_are_too_many_to_choose_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offered, "APPLICATIONS_OFFERED", 3)
    named, *_others = ApplicationFactory.create_batch(4)
    choices = made_applications()
    assert offered.offered(choices, "") == ([], False, "")
    found = offered.offered(choices, str(named.pk).upper())
    assert ([one.pk for one in found.applications], found.are_all) == ([named.pk], False)
    monkeypatch.setattr(offered, "APPLICATIONS_OFFERED", 4)
    found = offered.offered(choices, "x")
    assert (len(found.applications), found.are_all) == (4, True)


def test_a_list_that_takes_too_long_to_count_is_shown(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued_pat(alice, application, description="mine")
    issued_sat(ApplicationFactory.create(with_system_user=True), description="service")
    monkeypatch.setattr(shortlist, "count_in_time", lambda _count: None)
    found = section("kind=SAT")
    assert ([row.name for row in found["tokens"]], found["count_label"]) == (["service"], "many tokens")


@pytest.mark.parametrize(
    ("query", "label"),
    [("", "5 tokens"), ("kind=PAT", "3+ tokens"), ("kind=SAT", "1 token"), ("sort=used", "5 tokens")],
)
def test_a_narrowed_list_is_counted_no_further_than_it_is_looked_for(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch, query: str, label: str
) -> None:
    for _number in range(4):
        issued_pat(alice, application)
    issued_sat(ApplicationFactory.create(with_system_user=True))
    monkeypatch.setattr(shortlist, "FEW", 3)
    with Statements() as statements:
        assert section(query)["count_label"] == label
    assert sum("LIMIT 4" in sql for sql in statements.sql) <= 1, statements.sql


def work_of(sets: list[ReferenceTokenQuerySet], limit: int) -> int:
    """Steps of SQLite's machine, or rows that PostgreSQL's scans of tokens read, for the ids of all sets."""
    if connection.vendor == "sqlite":
        steps: list[None] = []
        connection.connection.set_progress_handler(lambda: steps.append(None), 1)
        shortlist.ids_in(sets, limit)
        connection.connection.set_progress_handler(None, 1)
        return len(steps)
    with Statements() as statements, connection.cursor() as cursor:
        shortlist.ids_in(sets, limit)
        cursor.execute(f"EXPLAIN (ANALYZE) {statements.sql[0]}")
        lines = [
            line for (line,) in cursor.fetchall() if "Scan" in line and "on reference_tokens_referencetoken" in line
        ]
    return sum(int(rows) for line in lines for rows in re.findall(r"actual time=\S+ rows=(\d+)", line))


def test_a_set_is_not_read_where_those_before_it_are_enough(alice: User, application: TrustedApplication) -> None:
    for _number in range(20):
        issued_pat(alice, application, description="mine")
    tokens = ReferenceToken.objects.all()
    others = tokens.filter(description="mine").exclude(scopes="update")
    assert (len(shortlist.ids_in([tokens, others], 5)), len(shortlist.ids_in([tokens.none(), others], 5))) == (6, 6)
    alone, too = work_of([tokens], 5), work_of([tokens, others], 5)
    assert len(shortlist.ids_in([tokens, others], 20)) == 20
    assert work_of([tokens, others], 20) - work_of([tokens], 20) >= 20 > (too - alone) / 10


def test_no_token_of_an_application_is_read_for_a_rule_that_it_does_not_have(
    alice: User, application: TrustedApplication
) -> None:
    filters = TokenFilters(outside="policy", application=str(application.pk))
    of_none = work_of(ways_to(ReferenceToken.objects.all(), filters, timezone.now()).found, 5)
    for _number in range(20):
        issued_pat(alice, application)
    assert work_of(ways_to(ReferenceToken.objects.all(), filters, timezone.now()).found, 5) < of_none + 20


def test_tokens_outside_policy_are_found_by_many_lifetimes(alice: User) -> None:
    for days in range(1, 41):
        application = ApplicationFactory.create()
        token = issued_pat(alice, application).token
        TrustedApplication.objects.filter(pk=application.pk).update(max_lifetime_days=days)
        alter(token, description=str(days), expires_at=timezone.now() + timedelta(days=39))
    assert sorted(map(int, names("state=outside_policy&sort=expiry"))) == list(range(1, 39))


def most_values(query: str) -> int:
    """How many values are told the database beside a statement, at most."""
    numbers: list[int] = []

    def note(execute: Callable[..., Any], sql: str, values: Any, *others: Any) -> Any:
        numbers.append(len(values or ()))
        return execute(sql, values, *others)

    with connection.execute_wrapper(note):
        names(query)
    return max(numbers)


def test_the_tokens_that_were_found_are_told_the_database_as_one_value(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(section_of_list, "sparklines", lambda _tokens, _now: {})
    issued_pat(alice, application, description="mine")
    few = most_values("q=mine")
    for _number in range(5):
        issued_pat(alice, application, description="mine")
    assert most_values("q=mine") == few


def test_no_row_is_asked_for_where_nothing_was_found() -> None:
    with Statements() as statements:
        assert names("q=nothing") == []
    assert not [sql for sql in statements.about_tokens if '"hint"' in sql.partition(" FROM ")[0]]


def test_the_rules_of_other_applications_are_not_asked_for_tokens_outside_policy(
    alice: User, application: TrustedApplication
) -> None:
    other = ApplicationFactory.create(max_lifetime_days=77)
    for each in (application, other):
        issued_pat(alice, each, scopes=["read"])
        TrustedApplication.objects.filter(pk=each.pk).update(scopes="update")
    assert rules_of().not_offered.keys() == {application.pk, other.pk}
    assert rules_of(among=Q(pk=application.pk))[:2] == ({application.pk: ["read"]}, [None])
    with Statements() as statements:
        assert len(names(f"state=outside_policy&application={application.pk}")) == 1
    assert other.pk.hex not in "".join(statements.about_tokens).replace("-", "")


@pytest.mark.parametrize("sorted_at_most", [2, 20])
def test_a_list_is_found_and_sorted_where_the_walk_to_its_page_takes_long(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch, sorted_at_most: int
) -> None:
    for number in range(4):
        alter(issued_pat(alice, application, description=f"mine {number}").token, expires_at=None)
    monkeypatch.setattr(shortlist, "FEW", 3)
    monkeypatch.setattr(shortlist, "MOST_SORTED", sorted_at_most)
    monkeypatch.setattr(shortlist, "in_time", lambda _seconds, _read: None)
    assert names("state=outside_policy") == ["mine 3", "mine 2", "mine 1", "mine 0"]


def test_the_sats_of_a_system_user_are_found_past_those_that_have_expired(alice: User) -> None:
    robot = UserFactory.create(username="robot", system=True)
    token = issued_sat(ApplicationFactory.create(system_user=robot)).token
    ways = ways_to(ReferenceToken.objects.all(), TokenFilters(owner="robot"), timezone.now())
    assert [list(part) for part in ways.found] == [[], [token]]


def test_a_set_that_can_have_no_token_is_counted_as_none() -> None:
    assert str(capped_count(ReferenceToken.objects.none())) == "0"
