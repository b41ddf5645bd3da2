"""VAL-6: a check says what the door would answer, of the tokens that the reader may know of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.models import HashKey, ReferenceToken, ResourceServer
from reference_tokens.validation.callers import authenticate
from reference_tokens.validation.checking import Checked, Outcome, Question, caller_of, check, record_check
from tests.factories import ApplicationFactory, ResourceServerFactory, alter, issued_pat
from tests.introspection import UNKNOWN, Statements
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def issued(alice: User, application: TrustedApplication) -> IssuedToken:
    return issued_pat(alice, application, scopes=["read"])


def pasted(issued: IssuedToken, server: ResourceServer | None = None) -> Question:
    return Question(f" {issued.plaintext}\n", None, server)


def chosen(issued: IssuedToken, server: ResourceServer | None = None) -> Question:
    return Question("", issued.token.pk, server)


def asked(question: Question, tokens: Any = None) -> Checked:
    """What is told of these tokens, or of all."""
    among = ReferenceToken.objects.all() if tokens is None else tokens
    return check(among, question, timezone.now(), not_found=Outcome.NOT_OWN)


def expire(token: ReferenceToken) -> None:
    now = timezone.now()
    alter(token, issued_at=now - timedelta(days=2), expires_at=now)


@pytest.mark.parametrize("ask", [pasted, chosen])
def test_val6_a_token_is_told_by_its_value_and_as_it_was_chosen(
    issued: IssuedToken, server: Any, ask: Callable[..., Question]
) -> None:
    for asking in (server, None):
        told = asked(ask(issued, asking))
        assert (told.outcome, told.server, told.scopes) == ("active", asking, ("read",))
        assert (told.token, told.closed) == (issued.token, "")
    expire(issued.token)
    told = asked(ask(issued, server))
    assert (told.outcome, told.scopes, told.token) == ("expired", (), issued.token)
    assert told.answers == ('200 {"active": false}', "401")


@pytest.mark.parametrize("ask", [pasted, chosen])
def test_val6_it_is_told_for_the_server_that_asks(issued: IssuedToken, ask: Callable[..., Question]) -> None:
    registered, other = ResourceServerFactory.create_batch(2, asks_for_all_applications=False)
    registered.applications.add(issued.token.application)
    other.applications.add(ApplicationFactory.create())
    assert asked(ask(issued, registered)).outcome == "active"
    assert asked(ask(issued, other)).outcome == "other_server"
    ResourceServer.objects.update(required_scopes=("update",))
    registered.refresh_from_db()
    told = asked(ask(issued, registered))
    assert (told.outcome, told.answers) == ("insufficient_scope", ('200 {"active": true}', "403"))


@pytest.mark.parametrize("has_server", [True, False])
def test_val6_anothers_token_is_as_unknown_as_none_at_the_same_cost(
    issued: IssuedToken, bob: User, server: Any, has_server: bool
) -> None:
    asking, own = server if has_server else None, ReferenceToken.objects.filter(holder=bob)
    for question in (pasted(issued, asking), Question(UNKNOWN, None, asking)):
        with Statements() as statements:
            told = asked(question, own)
        assert told == Checked("not_own", server=asking)
        # Whether one of the tokens has it, and whether its key may be missing.
        assert len(statements.sql) == 2


@pytest.mark.parametrize("has_server", [True, False])
def test_val6_where_it_cannot_be_told_whether_there_is_one_it_says_so_and_which_door_is_closed(
    db: None, settings: Settings, has_server: bool
) -> None:
    HashKey.objects.create(id="lost")
    asking = ResourceServerFactory.create(is_enabled=False) if has_server else None
    settings.UNBOUND_FORWARD_AUTH = False
    told = asked(Question(UNKNOWN, None, asking))
    assert told == Checked("cannot_tell", server=asking, is_closed=True)
    assert (told.holds, told.answers) == (told.closed, ("401", "401"))
    assert told.closed == ("resource_server_disabled" if has_server else "forward_auth_off")
    settings.UNBOUND_FORWARD_AUTH = True
    ResourceServer.objects.update(is_enabled=True)
    if asking:
        asking.refresh_from_db()
    told = asked(Question(UNKNOWN, None, asking))
    assert (told.closed, told.holds, told.answers) == ("", "cannot_tell", ("503", "503"))


@pytest.mark.parametrize("is_ring_incomplete", [True, False])
def test_val6_the_server_is_known_as_it_is_once_it_is_proved(is_ring_incomplete: bool) -> None:
    if is_ring_incomplete:
        HashKey.objects.create(id="lost")
    server: Any = ResourceServerFactory.create(may_revoke=True, shares_profile=True, required_scopes=("read",))
    assert caller_of(server) == authenticate(server.client_id, server.plain_secret)


def test_aud1_what_was_found_is_recorded_for_the_door_that_holds(issued: IssuedToken) -> None:
    now = timezone.now()
    closed: Any = ResourceServerFactory.create(is_enabled=False)
    record_check(OPERATOR, asked(pasted(issued, closed)), now)
    record_check(OPERATOR, asked(Question("x", None, None)), now)
    events = AuditEvent.objects.filter(action="token:check").order_by("seq")
    assert [(event.at, event.target_type, event.target_id) for event in events] == [
        (now, "token", str(issued.token.pk)),
        (now, "instance", ""),
    ]
    assert [event.details for event in events] == [
        {"outcome": "resource_server_disabled", "resource_server": closed.client_id},
        {"outcome": "malformed", "resource_server": ""},
    ]
