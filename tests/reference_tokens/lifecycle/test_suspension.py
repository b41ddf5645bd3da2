"""TOK-9: a suspended token is good nowhere until it is resumed."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR, Actor, Source
from accounts.forms.fingerprints import SetChanged, fingerprint
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.lifecycle.selection import id_texts
from reference_tokens.lifecycle.suspension import (
    resume_chosen,
    resume_token,
    resume_tokens,
    suspend_tokens,
    suspend_with_old_values,
)
from reference_tokens.models import ReferenceToken
from tests.concurrency import outcomes, threads
from tests.factories import ApplicationFactory, alter, issued_pat
from tests.introspection import is_active
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application).token


def suspend(token: ReferenceToken, **changes: Any) -> bool:
    return bool(suspend_with_old_values(**{"actor": OPERATOR, "token_id": token.pk, "now": timezone.now(), **changes}))


def resume(token: ReferenceToken, **changes: Any) -> bool:
    return resume_token(**{"actor": OPERATOR, "token_id": token.pk, "now": timezone.now(), **changes})


def suspension_of(token: ReferenceToken) -> tuple[Any, ...]:
    token.refresh_from_db()
    return (token.suspended_at, token.suspended_by, token.suspension_source, token.suspension_reason)


def actions() -> list[str]:
    found = AuditEvent.objects.filter(target_type="token").exclude(action="token:issue").order_by("seq")
    return list(found.values_list("action", flat=True))


def test_tok9_a_suspension_records_when_by_whom_and_why(token: ReferenceToken, administrator: User) -> None:
    now = timezone.now()
    actor = Actor.person(administrator, Source.MANAGE, address="192.0.2.1")
    assert suspend(token, actor=actor, now=now, reason="Contract ended")
    assert suspension_of(token) == (now, administrator, "manage", "Contract ended")
    event = AuditEvent.objects.get(action="token:suspend")
    assert (event.at, event.actor_id, event.target_id) == (now, str(administrator.pk), str(token.pk))
    assert (event.address, event.details) == ("192.0.2.1", {"reason": "Contract ended"})


def test_tok9_resuming_clears_what_was_recorded(token: ReferenceToken, administrator: User) -> None:
    suspend(token, actor=Actor.person(administrator, Source.MANAGE), reason="Contract ended")
    assert resume(token)
    assert suspension_of(token) == (None, None, "", "")
    assert actions() == ["token:suspend", "token:resume"]
    assert AuditEvent.objects.get(action="token:resume").target_id == str(token.pk)


def test_tok9_twice_is_no_error_and_changes_nothing(token: ReferenceToken) -> None:
    first = timezone.now()
    assert suspend(token, now=first, reason="first")
    assert not suspend(token, now=first + timedelta(hours=1), reason="second")
    assert suspension_of(token)[::3] == (first, "first")
    assert resume(token)
    assert not resume(token)
    assert actions() == ["token:suspend", "token:resume"]


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_tok9_a_token_that_has_ended_stays_as_it_is(token: ReferenceToken, end: str) -> None:
    suspend(token)
    if end == "revoked":
        revoke_token(actor=OPERATOR, token_id=token.pk, now=timezone.now())
    else:
        alter(token, issued_at=timezone.now() - timedelta(2), expires_at=timezone.now())
    assert not resume(token)
    assert suspension_of(token)[0]
    alter(token, suspended_at=None, suspension_source="")
    assert not suspend(token)
    assert suspension_of(token) == (None, None, "", "")


def test_tok9_only_the_named_token_is_suspended(alice: User, token: ReferenceToken) -> None:
    other = issued_pat(alice, ApplicationFactory.create()).token
    suspend(token)
    assert suspension_of(other) == (None, None, "", "")


@pytest.mark.parametrize("reason", ["x" * 201, "a\u202eb"])
def test_tok9_a_reason_that_cannot_be_kept_suspends_nothing(token: ReferenceToken, reason: str) -> None:
    with pytest.raises(ValidationError):
        suspend(token, reason=reason)
    assert suspension_of(token)[0] is None
    assert actions() == []


def test_t7_a_suspension_is_felt_at_every_door_at_once_and_so_is_its_end(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    bearer = {"authorization": f"Bearer {issued.plaintext}"}

    def doors() -> list[Any]:
        asked = [client.get(path, headers=bearer).status_code for path in ("/auth/forward", "/api/token")]
        return [is_active(client, server, issued.plaintext), *asked]

    for _ in range(2):
        assert doors() == [True, 200, 200]
        suspend(issued.token)
        assert doors() == [False, 401, 401]
        resume(issued.token)
    assert doors() == [True, 200, 200]


@pytest.mark.django_db(transaction=True)
def test_tok9_of_several_suspensions_at_once_one_is_recorded(token: ReferenceToken) -> None:
    with threads() as start:
        results = outcomes(start, *[lambda: suspend(token)] * 4)
    assert sorted(results) == [False, False, False, True]
    assert actions() == ["token:suspend"]


def test_tok9_suspending_none_records_nothing(token: ReferenceToken) -> None:
    suspend(token)
    count = suspend_tokens(
        actor=OPERATOR, tokens=ReferenceToken.objects.all(), chosen_by={"all": True}, now=timezone.now()
    )
    assert count == 0
    assert not AuditEvent.objects.filter(action="token:suspend_many").exists()


@pytest.mark.once
def test_many1_tokens_that_are_not_those_that_were_shown_are_neither_suspended_nor_resumed(
    alice: User, application: TrustedApplication, token: ReferenceToken
) -> None:
    everything, batch_id = ReferenceToken.objects.all(), uuid.uuid4()
    one = fingerprint(id_texts(everything))
    issued_pat(alice, application)
    both = fingerprint(id_texts(everything))
    act: dict[str, Any] = {"actor": OPERATOR, "tokens": everything, "now": timezone.now()}
    suspend_all = partial(suspend_tokens, **act, chosen_by={"all": True}, reason="Audit", batch_id=batch_id)
    resumed_by = [partial(resume_tokens, **act, batch_id=batch_id), partial(resume_chosen, **act, chosen_by={})]
    with pytest.raises(SetChanged):
        suspend_all(shown=one)
    assert suspension_of(token)[0] is None
    assert suspend_all(shown=both) == 2
    event = AuditEvent.objects.get(action="token:suspend_many", target_id=str(batch_id))
    assert event.details == {"chosen_by": {"all": True}, "count": 2, "reason": "Audit"}
    for resume_all in resumed_by:
        with pytest.raises(SetChanged):
            resume_all(shown=one)
    assert suspension_of(token)[3] == "Audit"
    assert [resume_all(shown=both) for resume_all in resumed_by] == [2, 0]
    assert suspension_of(token) == (None, None, "", "")
