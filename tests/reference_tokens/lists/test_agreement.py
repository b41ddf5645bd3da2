"""Whatever a list is narrowed to and however it is read, it has the tokens that an export or an act would take."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import User
from reference_tokens.lifecycle.hash_keys import current_hash_key
from reference_tokens.lists.finding import order, shortlist, words
from reference_tokens.lists.finding.conditions import filtered_tokens
from reference_tokens.lists.finding.filters import TokenFilters
from reference_tokens.lists.finding.order import TokenPage, token_page
from reference_tokens.lists.finding.states import ListState
from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet, TokenUse
from reference_tokens.models.outside_policy import Outside
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory
from trusted_apps.models import Scope

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)
DESCRIPTIONS = ["nightly backup", "Straße nach Süden", 'say "hi" OR 100%', "", "a_b", "İstanbul ΣΑΣ"]
SETS: dict[str, Callable[[], ReferenceTokenQuerySet]] = {
    "all": ReferenceToken.objects.all,
    "application": lambda: ReferenceToken.objects.filter(application__name="One"),
    "alice": lambda: ReferenceToken.objects.filter(holder__username="alice"),
    "system": lambda: ReferenceToken.objects.acting_as(User.objects.get(username="robot")),
}
OF_ONE_OWNER = {"alice", "system"}
WORDS = [
    "",
    "",
    "one alice",
    "ROBOT night",
    "com.example",
    "BOB@EXAMPLE a",
    "OTHER or",
    "night",
    "a",
    "STRASSE süd",
    '"hi"',
    "or",
    "100%",
    "_",
    "a*",
    "-x",
    "σας",
    "enrt_ b",
    "NEAR(a b)",
]
FILTERS = st.builds(
    TokenFilters,
    state=st.sampled_from(ListState),
    kind=st.sampled_from(["", "", "PAT", "SAT"]),
    application=st.sampled_from(["", "", "com.example/one", "O", "nobody's"]),
    owner=st.sampled_from(["", "", "alice", "BOB", "robot", "nobody"]),
    server=st.sampled_from(["", "", "", "rs_two", "rs_all", "rs_nobody"]),
    scope=st.sampled_from(["", "", "read", "Read", "READ", "read update", "read-all", "read:x", '"read"']),
    q=st.sampled_from(WORDS),
    unused=st.sampled_from([0, 0, 0, 1, 2, 4]),
    never_used=st.sampled_from([0, 0, 0, 3, 4]),
    expires_within=st.sampled_from([0, 0, 0, 1, 6]),
    issued_before=st.sampled_from([None, None, None, (NOW - timedelta(days=3)).date()]),
    no_expiry=st.sampled_from([False, False, False, True]),
    outside=st.sampled_from(["", "", "", *Outside]),
    sort=st.sampled_from(["", order.ISSUED, order.EXPIRY, order.USED, order.UNUSED]),
)


@pytest.fixture
def many(alice: User, bob: User) -> None:
    """Tokens in every state, many with the same instants."""
    for name in ("Read", "read-all", "read:x"):
        Scope.objects.create(name=name, description=name)
    robot = UserFactory.create(username="robot", system=True)
    rules: list[dict[str, Any]] = [
        {"scopes": ("read", "update"), "max_lifetime_days": 5},
        {"scopes": ("read", "read-all"), "access_tokens_policy": "AdministratorsOnly"},
        {"scopes": ("Read", "update"), "allows_tokens_without_expiry": True},
    ]
    applications = [
        ApplicationFactory.create(name=name, application_uri=f"com.example/{name.lower()}", system_user=robot, **rule)
        for name, rule in zip(("One", "Two", "Other"), rules, strict=True)
    ]
    ResourceServerFactory.create(client_id="rs_all")
    ResourceServerFactory.create(client_id="rs_two", asks_for_all_applications=False).applications.set(applications[1:])
    key, day = current_hash_key(NOW), timedelta(days=1)
    tokens = [
        ReferenceToken(
            kind="PAT" if number % 3 else "SAT",
            holder=(None, alice, bob)[number % 3],
            application=applications[number % 7 % 3],
            description=DESCRIPTIONS[number % 6],
            scopes=("read", "read update", "Read", "read-all", "read:x update")[number % 5],
            hint="enrt_12…AB",
            hash_key_id=key,
            digest=number.to_bytes(32),
            issued_at=NOW - day * (number % 2 + 3),
            expires_at=(None, NOW - day, NOW + day, NOW + day * 6, NOW + day * 20)[number % 11 % 5],
            first_used_at=(None, NOW - day, NOW - 2 * day)[number % 13 % 3],
            suspended_at=None if number % 4 else NOW - day,
            revoked_at=None if number % 5 else NOW - day,
        )
        for number in range(120)
    ]
    ReferenceToken.objects.bulk_create(tokens)
    store_last_uses(tokens)
    for one, other in ((1, 2), (4, 7), (31, 32)):
        ReferenceToken.objects.filter(pk=tokens[one].pk).update(replaces=tokens[other].pk)


def store_last_uses(tokens: list[ReferenceToken]) -> None:
    """The last use of each that has one; of some that were only refused there is a row without one."""
    TokenUse.objects.bulk_create(
        TokenUse(
            token=token,
            application=token.application,
            is_revoked=token.revoked_at is not None,
            last_used_at=token.first_used_at,
        )
        for number, token in enumerate(tokens)
        if token.first_used_at or number % 2
    )


def pages(tokens: ReferenceTokenQuerySet, filters: TokenFilters, **position: str) -> list[TokenPage]:
    """The pages from a position on, in its direction, or from the beginning."""
    found: list[TokenPage] = []
    link = next(iter(position), "after")
    while not found or position:
        found.append(token_page(tokens, filters.runs(NOW), **position))
        following = getattr(found[-1], link)
        position = {link: str(following)} if following else {}
    return found


def ids_on(found: list[TokenPage]) -> list[uuid.UUID]:
    return [token.pk for page in found for token in page.tokens]


@pytest.mark.parametrize("few", [5, 3003])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(st.sampled_from(list(SETS)), FILTERS)
@example("all", TokenFilters(scope="read update"))
@example("all", TokenFilters(state=ListState.OUTSIDE_POLICY))
@example("all", TokenFilters(unused=1, sort=order.USED))
@example("all", TokenFilters(state=ListState.OUTSIDE_POLICY, server="rs_two"))
@example("application", TokenFilters(unused=1, application="com.example/one"))
@example("all", TokenFilters(state=ListState.SUSPENDED, outside=Outside.SCOPES))
def test_every_way_to_a_list_leads_once_to_each_token_that_an_act_on_it_takes(
    many: None, monkeypatch: pytest.MonkeyPatch, few: int, name: str, filters: TokenFilters
) -> None:
    monkeypatch.setattr(order, "PAGE_SIZE", 7)
    monkeypatch.setattr(shortlist, "FEW", few)
    monkeypatch.setattr(words, "MOST_NAMED", few % 5)
    taken = filtered_tokens(SETS[name](), filters, NOW)
    shown, count, _found = shortlist.shortlist(SETS[name](), filters, NOW, is_of_one_owner=name in OF_ONE_OWNER)
    forwards = pages(shown, filters)
    listed = ids_on(forwards)
    assert sorted(listed) == sorted(taken.values_list("pk", flat=True))
    is_narrow = filters.is_filtered or name in OF_ONE_OWNER
    assert str(count) == (f"{few}+" if is_narrow and len(listed) > few else str(len(listed)))
    if forwards[-1].before:
        backwards = pages(shown, filters, before=str(forwards[-1].before))
        assert ids_on(backwards[::-1]) + ids_on(forwards[-1:]) == listed
