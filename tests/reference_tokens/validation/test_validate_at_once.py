"""VAL-1: a server of a database is asked about caller and token at once, and tells what SQLite tells of each alone.

The statement is one that SQLite answers too.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import Door, HashKey
from reference_tokens.token_values.key_ring import KeyRingIncomplete
from reference_tokens.validation import validate as validating
from reference_tokens.validation.validate import validate, validate_for_client, validate_for_named
from tests.factories import ResourceServerFactory, alter, issued_pat, issued_sat
from tests.introspection import UNKNOWN, Statements
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

AskAs = Callable[[str], None]
WRONG = "enrs_wrong"
NONE_STORED = validating.UNKNOWN


@pytest.fixture
def ask_as(monkeypatch: pytest.MonkeyPatch) -> AskAs:
    """Validate as beside a database of this vendor."""

    def ask(vendor: str) -> None:
        monkeypatch.setattr(validating, "connection_at_hand", lambda: SimpleNamespace(vendor=vendor))

    return ask


def told(server: Any, texts: list[str]) -> list[Any]:
    """What introspection and forward auth tell the server of each; last what is told to who is not the server."""
    now, request = timezone.now(), RequestFactory().get("/")
    asked = [*((server.plain_secret, text) for text in texts), (WRONG, texts[0])]
    return [
        *(validate_for_client(server.client_id, secret, text, now=now, request=request) for secret, text in asked),
        *(validate_for_named(server.client_id, text, now=now, address=None) for text in texts),
        validate_for_named("rs_unknown", texts[0], now=now, address=None),
    ]


def statements_for(server: Any, text: str) -> int:
    """How often forward auth asks the database about the text."""
    with Statements() as statements:
        validate_for_named(server.client_id, text, now=timezone.now(), address=None)
    return len(statements.sql)


@pytest.mark.parametrize("shares_profile", [True, False])
@pytest.mark.parametrize("is_registered", [True, False])
def test_val1_asked_at_once_about_caller_and_token_a_database_tells_the_same(
    ask_as: AskAs, alice: User, application: TrustedApplication, shares_profile: bool, is_registered: bool
) -> None:
    alice.groups.set([Group.objects.create(name="staff")])
    server = ResourceServerFactory.create(asks_for_all_applications=False, shares_profile=shares_profile)
    server.applications.set([application] if is_registered else [])
    pat, revoked = issued_pat(alice, application), issued_pat(alice, application)
    alter(revoked.token, revoked_at=timezone.now())
    texts = [pat.plaintext, issued_sat(application).plaintext, revoked.plaintext, UNKNOWN, "x"]
    answers = []
    for vendor in ("sqlite", "postgresql"):
        ask_as(vendor)
        answers.append(told(server, texts))
    assert answers[0] == answers[1]
    assert answers[0][0][1].is_active is is_registered
    # To who is not the server.
    assert answers[0][len(texts)] == answers[0][-1] == (None, NONE_STORED)
    # Once for the caller and the token, and once for a profile that the caller may have.
    assert [statements_for(server, text) for text in (pat.plaintext, UNKNOWN)] == [2 if shares_profile else 1, 1]


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_val4_where_a_key_is_not_at_hand_nobody_is_told_that_there_is_no_token(
    server: Any, ask_as: AskAs, vendor: str
) -> None:
    ask_as(vendor)
    lost = HashKey.objects.create(id="lost")
    with pytest.raises(KeyRingIncomplete):
        told(server, [UNKNOWN])
    with pytest.raises(KeyRingIncomplete):
        validate(UNKNOWN, now=timezone.now(), door=Door.TOKEN_ITSELF)
    HashKey.objects.filter(pk=lost.pk).update(retired_at=timezone.now())
    assert told(server, [UNKNOWN])[0][1] == NONE_STORED
    assert validate(UNKNOWN, now=timezone.now(), door=Door.TOKEN_ITSELF) == NONE_STORED
