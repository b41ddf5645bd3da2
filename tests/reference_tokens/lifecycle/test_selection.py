"""Sets of tokens, before they are changed: who has most of them, and that they are those that were shown (MANY-1)."""

from __future__ import annotations

import uuid
from collections import Counter

import pytest

from accounts.audit.record import OPERATOR, Actor, Source
from accounts.forms.fingerprints import SetChanged, fingerprint
from accounts.models import User
from reference_tokens.lifecycle import selection
from reference_tokens.lifecycle.selection import (
    SHOWN_AT_MOST,
    ApplicationCount,
    Counts,
    OwnerCount,
    TokenGroup,
    application_counts,
    change_as_shown,
    counted_by_owner,
    id_texts,
    lock_actor,
    lock_rows,
    read_chosen,
    token_group,
)
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, UserFactory, issued_pat, issued_sat
from tests.introspection import Statements
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]

MANY = SHOWN_AT_MOST + 2


def test_where_nobody_has_tokens_nobody_is_shown() -> None:
    assert token_group(Counter()) == TokenGroup(0, [])
    assert application_counts(Counter()) == []


def test_owners_with_most_come_first_and_of_equal_ones_those_first_by_their_ids() -> None:
    people = sorted((UserFactory.create() for _number in range(MANY)), key=lambda person: str(person.pk), reverse=True)
    first, *others = people
    counts: Counts = Counter({("PAT", person.pk): 3 if person == first else 2 for person in people})
    shown = sorted(others[2:], key=lambda person: person.username)
    with Statements() as statements:
        group = token_group(counts)
    # Names are read of those that are shown, not of everybody.
    [reading] = statements.sql
    assert reading.partition(" IN (")[2].count(",") == SHOWN_AT_MOST - 1
    assert group == TokenGroup(
        counts.total(),
        [
            OwnerCount(3, "PAT", first.username, first.name),
            *(OwnerCount(2, "PAT", person.username, person.name) for person in shown),
            OwnerCount(4, "", "", ""),
        ],
    )


def test_the_tokens_of_an_application_itself_are_counted_beside_those_of_people(alice: User) -> None:
    assert token_group(Counter({("SAT", None): 1, ("PAT", alice.pk): 2})).owners == [
        OwnerCount(2, "PAT", alice.username, alice.name),
        OwnerCount(1, "SAT", "", ""),
    ]


def test_applications_with_most_come_first_and_of_equal_ones_those_first_by_their_addresses() -> None:
    made = [ApplicationFactory.create(application_uri=f"com.example/{number:02}") for number in range(MANY)]
    last = made[-1]
    counts = Counter({one.pk: 3 if one == last else 2 for one in reversed(made)})
    assert application_counts(counts) == [
        ApplicationCount(3, last.name, last.application_uri),
        *(ApplicationCount(2, one.name, one.application_uri) for one in made[: SHOWN_AT_MOST - 1]),
        ApplicationCount(4, "", ""),
    ]


def test_what_is_read_in_portions_is_what_is_read_at_once(
    alice: User, bob: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ApplicationFactory.create()
    for holder, to in ((alice, application), (bob, other), (alice, other)):
        issued_pat(holder, to)
    issued_sat(application)
    whole = read_chosen(ReferenceToken.objects.all())
    assert sorted(whole.ids) == sorted(id_texts(ReferenceToken.objects.all()))
    assert whole.owners == {("PAT", alice.pk): 2, ("PAT", bob.pk): 1, ("SAT", None): 1}
    assert whole.owners == counted_by_owner(ReferenceToken.objects.all())
    assert whole.applications == {application.pk: 2, other.pk: 2}
    monkeypatch.setattr(selection, "READ_AT_ONCE", 3)
    assert read_chosen(ReferenceToken.objects.all()) == whole


@pytest.mark.parametrize("shown", ["", "1-x", fingerprint([uuid.UUID(int=1)])])
def test_many1_a_change_of_other_tokens_than_were_shown_is_refused(
    alice: User, application: TrustedApplication, shown: str
) -> None:
    issued_pat(alice, application)
    everything = ReferenceToken.objects.all()
    with pytest.raises(SetChanged):
        change_as_shown(everything, shown, description="x")
    assert change_as_shown(everything, fingerprint(id_texts(everything)), description="y") == 1
    assert change_as_shown(everything, None, description="z") == 1


def test_a_database_without_locks_of_rows_is_not_asked_for_any(alice: User, application: TrustedApplication) -> None:
    issued_pat(alice, application)
    with Statements() as statements:
        for actor in (OPERATOR, Actor.person(alice, Source.MANAGE)):
            lock_actor(actor)
        assert lock_rows(ReferenceToken.objects.all()) == 0
    assert len(statements) == 0
