"""The log says why nobody is signed in, so that whoever sets up the provider need not guess."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from accounts.single_sign_on.identities import NobodyHere, person_signing_in
from accounts.single_sign_on.provider import Identity
from tests.accounts.single_sign_on.at_the_provider import sign_in_as
from tests.factories import UserFactory
from tests.openid.provider import OpenIDProvider, Visitor
from tests.pages import give_password

pytestmark = pytest.mark.django_db

ALICE = Identity("https://id.example.com", "s1", "alice", "Alice A.", "alice@example.com", None)
HAS_A_WAY_IN = "the account of its user name has a way in already: its owner connects it"


def why(identity: Identity) -> str:
    with pytest.raises(NobodyHere) as nobody:
        person_signing_in(identity, actor=OPERATOR, now=timezone.now())
    return str(nobody.value)


def test_of_whom_no_account_waits_for() -> None:
    assert why(replace(ALICE, username="")) == "the provider says no preferred_username"
    assert why(ALICE) == "no account has its user name"
    alice = UserFactory.create(username="alice", email="another@example.com")
    assert why(ALICE) == "the account of its user name has another e-mail address, or none"
    assert why(replace(ALICE, email="")) == "the provider says no e-mail address, or not that it is verified"
    give_password(alice)
    assert why(ALICE) == HAS_A_WAY_IN
    User.objects.update(is_active=False)
    assert why(ALICE) == "the account of its user name is not active"


def test_of_whom_no_account_is_made_for(settings: Any) -> None:
    settings.OIDC_CREATE_USERS = True
    assert why(replace(ALICE, username="")) == "the provider says no preferred_username"
    cannot = "its user name cannot be used here, or somebody has its e-mail address"
    assert why(replace(ALICE, username="Alice A.")) == cannot
    give_password(UserFactory.create(username="ally", email="alice@example.com"))
    assert why(ALICE) == cannot
    assert why(replace(ALICE, username="ALLY")) == HAS_A_WAY_IN


def test_it_stands_in_the_log_and_names_nobody(
    provider: OpenIDProvider, visitor: Visitor, log_lines: list[str]
) -> None:
    assert sign_in_as(Client(), visitor, "s1").status_code == 403
    (line,) = [line for line in log_lines if "nobody is signed in" in line]
    assert "nobody is signed in by the OpenID Connect provider: no account has its user name" in line
    assert "alice" not in line
