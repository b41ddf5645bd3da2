"""Which filter leads to the tokens of a list, and how much is read for a page of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone

from accounts.models import User
from reference_tokens.lists.finding import order
from reference_tokens.lists.finding.conditions import conditions, filtered_tokens
from reference_tokens.lists.finding.filters import TokenFilters
from reference_tokens.lists.finding.order import runs, token_page
from reference_tokens.lists.finding.states import ListState
from reference_tokens.lists.finding.ways import leading, terms_of, ways_to
from reference_tokens.lists.finding.words import words_of
from reference_tokens.models import ReferenceToken, outside_policy
from reference_tokens.models.outside_policy import scopes_not_offered
from reference_tokens.models.rules import rules_of
from tests.factories import ApplicationFactory, UserFactory, alter, issued_pat, issued_sat
from tests.introspection import Statements, plan
from tests.reference_tokens.lists.others import add_tokens_of_others, analyze
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("filters", "name"),
    [
        ({"group": "Data", "q": "laptop", "owner": "robot", "state": ListState.SUSPENDED}, "group"),
        ({"q": "lap a", "owner": "robot", "scope": "read", "state": ListState.OUTSIDE_POLICY}, "q"),
        ({"state": ListState.SUSPENDED, "scope": "read", "kind": "SAT", "q": "la"}, "state"),
        ({"state": ListState.OUTSIDE_POLICY, "owner": "robot"}, "state"),
        ({"state": ListState.NEVER_USED}, "state"),
        ({"state": ListState.NEVER_USED, "scope": "read", "owner": "robot", "kind": "SAT"}, "scope"),
        ({"owner": "robot", "kind": "SAT", "q": "la"}, "owner"),
        ({"kind": "SAT", "q": "la"}, "kind"),
        ({"q": "la"}, ""),
        ({"unused": 90, "scope": "read"}, "scope"),
        ({"no_expiry": True, "owner": "robot", "kind": "SAT"}, "owner"),
        ({"never_used": 30, "kind": "PAT"}, "state"),
        ({"outside": "lifetime", "scope": "read"}, "state"),
        ({"issued_before": date(2026, 1, 1), "kind": "PAT"}, "kind"),
        ({"issued_before": date(2026, 1, 1)}, "issued_before"),
    ],
)
def test_the_filter_that_is_likely_to_leave_the_fewest_leads(alice: User, filters: dict[str, Any], name: str) -> None:
    UserFactory.create(username="robot", system=True)
    asked = TokenFilters(**filters)
    assert leading(asked, conditions(asked, timezone.now()), words_of(asked.words)) == name


def test_the_walk_along_an_order_does_not_begin_at_the_applications_whose_policy_forbids_a_token(
    application: TrustedApplication,
) -> None:
    walked = ways_to(ReferenceToken.objects.all(), TokenFilters(outside="policy"), timezone.now()).walked
    [run] = runs(order.ISSUED, timezone.now())
    assert "MULTI-INDEX OR" not in plan(run.ordered(walked).values("pk")[:1])


def test_the_walk_along_an_order_asks_no_further_once_a_reason_is_known(application: TrustedApplication) -> None:
    walked = ways_to(ReferenceToken.objects.all(), TokenFilters(state=ListState.OUTSIDE_POLICY), timezone.now()).walked
    assert ("CASE WHEN ((" in str(walked.query)) == (connection.vendor == "sqlite")


@pytest.mark.parametrize("filters", [{"kind": "SAT"}, {"owner": "robot"}])
def test_an_index_of_service_tokens_leads_to_those_outside_policy(filters: dict[str, str]) -> None:
    add_tokens_of_others()
    robot = UserFactory.create(username="robot", system=True)
    token = issued_sat(ApplicationFactory.create(system_user=robot)).token
    alter(token, expires_at=None)
    asked = TokenFilters(state=ListState.OUTSIDE_POLICY, **filters)  # type: ignore[arg-type]
    first, *others = ways_to(ReferenceToken.objects.all(), asked, timezone.now()).found
    assert token in first
    if connection.vendor == "sqlite":
        assert all("token_sat_by_expiry" in plan(found.values("pk")) for found in (first, *others[:-1]))


@pytest.mark.parametrize("names", [1, 9])
def test_tokens_with_scopes_that_hundreds_of_applications_offer_no_more_are_found(
    alice: User, monkeypatch: pytest.MonkeyPatch, names: int
) -> None:
    monkeypatch.setattr(outside_policy, "RULES_AT_MOST", 0)
    monkeypatch.setattr(outside_policy, "NAMES_AT_MOST", names)
    for scope in ("read", "update"):
        application = ApplicationFactory.create(scopes=("read", "update"))
        for kept in ("read", "update"):
            issued_pat(alice, application, description=f"{kept} of {scope}", scopes=[kept])
        TrustedApplication.objects.filter(pk=application.pk).update(scopes=scope)
    [found], walked = ways_to(ReferenceToken.objects.all(), TokenFilters(outside="scopes"), timezone.now())
    for tokens in (found, walked):
        assert set(tokens.values_list("description", flat=True)) == {"update of read", "read of update"}


@pytest.mark.parametrize(("names", "terms"), [(0, 5), (5, 3)])
def test_a_scope_that_no_application_offers_any_more_is_looked_for_once(
    alice: User, monkeypatch: pytest.MonkeyPatch, names: int, terms: int
) -> None:
    monkeypatch.setattr(outside_policy, "RULES_AT_MOST", 0)
    monkeypatch.setattr(outside_policy, "NAMES_AT_MOST", names)
    for offered in ("update", "delete", "delete update"):
        application = ApplicationFactory.create(scopes=("delete", "read", "update"))
        for scope in ("delete", "read", "update"):
            issued_pat(alice, application, description=f"{scope} of {offered}", scopes=[scope])
        TrustedApplication.objects.filter(pk=application.pk).update(scopes=offered)
    [found], walked = ways_to(ReferenceToken.objects.all(), TokenFilters(outside="scopes"), timezone.now())
    of_all = {"read of update", "read of delete", "read of delete update"}
    for tokens in (found, walked):
        texts = set(tokens.values_list("description", flat=True))
        assert texts == of_all | {"delete of update", "update of delete"}
    assert len(terms_of(scopes_not_offered(rules_of()))) == terms


def test_the_rules_of_the_applications_of_a_system_user_are_read_with_these(alice: User) -> None:
    robot = UserFactory.create(username="robot", system=True)
    application = ApplicationFactory.create(system_user=robot, max_lifetime_days=77, scopes=("read", "update"))
    issued_pat(alice, application, scopes=["read", "update"])
    TrustedApplication.objects.filter(pk=application.pk).update(scopes="read")
    ApplicationFactory.create(system_user=robot)
    owner = conditions(TokenFilters(owner="robot", outside="scopes"), timezone.now())["owner"]
    asked = rules_of(among=owner.applications)
    assert owner.rules
    assert owner.rules.not_offered == asked.not_offered == {application.pk: ["update"]}
    assert set(owner.rules.lifetimes) == set(asked.lifetimes) == {None, 77}
    assert conditions(TokenFilters(owner="robot"), timezone.now())["owner"].rules is None


def test_a_system_user_of_no_application_has_no_token_outside_policy() -> None:
    UserFactory.create(username="robot", system=True)
    asked = TokenFilters(owner="robot", state=ListState.OUTSIDE_POLICY)
    assert not [*chain(*ways_to(ReferenceToken.objects.all(), asked, timezone.now()).found)]


def test_the_rules_of_applications_that_never_issued_a_scope_are_not_asked_for_its_tokens(
    alice: User, application: TrustedApplication
) -> None:
    issued_pat(alice, application, scopes=["read"])
    issued_pat(alice, ApplicationFactory.create(max_lifetime_days=77), scopes=["update"])
    narrowed = conditions(TokenFilters(scope="read"), timezone.now())
    assert set(rules_of().lifetimes) == {None, 77}
    assert rules_of(among=narrowed["scope"].applications).lifetimes == [None]


@pytest.mark.parametrize(("reason", "asked"), [("policy", 0), ("no_expiry", 0), ("lifetime", 1), ("scopes", 1)])
def test_no_rule_is_asked_for_that_the_reason_does_not_need(
    application: TrustedApplication, reason: str, asked: int
) -> None:
    with Statements() as statements:
        ways_to(ReferenceToken.objects.all(), TokenFilters(outside=reason), timezone.now())
    assert len(statements) == asked


def test_what_rows_say_is_read_of_the_tokens_of_a_page_alone(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "PAGE_SIZE", 2)
    tokens = [issued_pat(alice, application).token for _number in range(4)]
    listed = ReferenceToken.objects.filter(pk__in=[token.pk for token in tokens])
    with Statements() as statements:
        page = token_page(listed, runs(order.ISSUED, timezone.now()))
    assert [token.pk for token in page.tokens] == [tokens[3].pk, tokens[2].pk]
    [statement] = statements.sql
    rows, _in, chosen = statement.partition("(SELECT ")
    assert ("JOIN" in rows, "JOIN" in chosen, statement.count("LIMIT"), "LIMIT 3" in chosen) == (True, False, 1, True)


def test_nothing_was_issued_before_the_first_day_of_all(alice: User, application: TrustedApplication) -> None:
    issued_pat(alice, application)
    filters = TokenFilters(issued_before=date.min)
    assert not filtered_tokens(ReferenceToken.objects.all(), filters, timezone.now())


def test_issued_before_means_before_that_day_in_utc(alice: User, application: TrustedApplication) -> None:
    midnight = datetime(2026, 3, 4, tzinfo=UTC)
    for name, instant in (("before", midnight - timedelta(microseconds=1)), ("then", midnight)):
        alter(issued_pat(alice, application, description=name).token, issued_at=instant)

    def listed(day: date, **more: str) -> list[str]:
        ways = ways_to(ReferenceToken.objects.all(), TokenFilters(issued_before=day, **more), midnight)  # type: ignore[arg-type]
        return sorted(name for found in ways.found for name in found.values_list("description", flat=True))

    assert listed(date(2026, 3, 4)) == ["before"]
    assert listed(date(2026, 3, 5), application="excel") == ["before", "then"]


def test_an_index_of_the_holder_leads_to_the_tokens_of_a_group() -> None:
    add_tokens_of_others()
    Group.objects.create(name="Data").users.add(User.objects.filter(pats__isnull=False)[0])
    analyze(User.groups.through)
    [found] = ways_to(ReferenceToken.objects.all(), TokenFilters(group="Data"), timezone.now()).found
    steps = plan(found).upper()
    assert "PAT_OF_HOLDER" in steps
    assert "HOLDER_ID" in steps.partition("PAT_OF_HOLDER")[2]
    # SQLite says SCAN of what it reads whole, PostgreSQL SEQ SCAN.
    assert ("SCAN " if connection.vendor == "sqlite" else "SEQ SCAN") not in steps
