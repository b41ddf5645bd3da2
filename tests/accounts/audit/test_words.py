"""The record of what happened, as pages tell it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.audit.record import OPERATOR, SERVICE, Actor, Source, Target, record_event
from accounts.audit.words import EventRow, event_rows
from accounts.models import AuditEvent, User
from tests.introspection import Statements

pytestmark = pytest.mark.django_db


def told(actor: Actor, action: str = "token:revoke", names: dict[str, str] | None = None, **details: Any) -> EventRow:
    """One entry in words."""
    with transaction.atomic():
        event = record_event(actor, action, Target("token", "7"), now=timezone.now(), details=details)
    return event_rows([event], names)[0]


def test_a_person_is_named_with_the_door_and_the_address(administrator: User) -> None:
    row = told(Actor.person(administrator, Source.MANAGE, address="192.0.2.7"), reason="Lost")
    assert (row.what, row.detail) == ("Token revoked", "Lost")
    assert (row.who, row.door, row.address) == ("Ada (ada)", "Instance Manager", "192.0.2.7")


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        (OPERATOR, "The command line"),
        (SERVICE, "The service itself"),
        (Actor(Source.API, "token", "7"), "The token itself"),
        (Actor(Source.API, "resource_server", "rs_1"), "A Resource Server"),
        (Actor(Source.PROFILE, "anonymous"), "Not signed in"),
        (Actor(Source.SYSTEM, "identity_provider"), "The OpenID Connect provider"),
    ],
)
def test_who_is_nobody_in_person_is_told_in_words(actor: Actor, expected: str) -> None:
    row = told(actor)
    assert (row.who, row.door, row.address) == (expected, "", "")


def test_an_actor_that_the_page_knows_is_named() -> None:
    assert told(Actor(Source.API, "resource_server", "rs_1"), names={"rs_1": "Stock API"}).who == "Stock API"


def test_tok11_a_deleted_person_is_not_named(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(deleted_at=timezone.now())
    assert told(Actor.person(alice, Source.PROFILE)).who == "A deleted user"


def test_many_tokens_are_counted(administrator: User) -> None:
    by_ada = Actor.person(administrator, Source.MANAGE)
    assert told(by_ada, "token:revoke_many", count=1, reason="").detail == "1 token"
    assert told(by_ada, "token:revoke_many", count=3, reason="A leak").detail == "3 tokens, A leak"
    assert told(by_ada, "token:revoke_many", reason="A leak").detail == "A leak"


def test_aud2_what_is_done_with_the_log_itself_is_told() -> None:
    pruned = told(SERVICE, "audit_log:prune", entries=1000, through=1000, last_at="2027-01-31T12:00:00+00:00")
    assert (pruned.what, pruned.detail) == ("Old entries of the audit log removed", "1000 entries, through 1000")
    accepted = told(OPERATOR, "audit_log:accept", kind="missing", seq=4, says="entry 4 is missing")
    assert (accepted.what, accepted.detail) == ("Audit log accepted as it is", "entry 4 is missing")


def test_an_action_of_another_version_is_told_by_its_name() -> None:
    assert told(OPERATOR, "token:teleport").what == "token:teleport"


def test_a_page_of_entries_costs_one_query(alice: User, bob: User) -> None:
    for person in (alice, bob, alice):
        told(Actor.person(person, Source.PROFILE))
    events = list(AuditEvent.objects.order_by("seq"))
    with Statements() as statements:
        assert [row.who for row in event_rows(events)] == ["Alice (alice)", "Bob (bob)", "Alice (alice)"]
    assert len(statements.sql) == 1
