"""Revoking many tokens, with the old values beside them (TOK-10, MANY-1)."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.forms.fingerprints import SetChanged
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle import old_values
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.lifecycle.old_values import live_chain
from reference_tokens.lifecycle.revocation import revoke_with_old_values
from reference_tokens.lifecycle.suspension import suspend_with_old_values
from reference_tokens.models import ReferenceToken
from tests.command_line import Runner
from tests.factories import alter, issued_pat, rotated
from tests.introspection import Statements
from tests.pages import form_of, give_password, next_of, signed_in, text_of
from tests.reference_tokens.lifecycle.chains import INVENTORY, Chain, chain_from, revoke_of, unticked
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(alice: User, application: TrustedApplication) -> Chain:
    return chain_from(issued_pat(alice, application, description="Laptop"))


# --- many at once ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "label", "said"),
    [
        ("revoke", "Revoke the old values as well", "1 token revoked. 2 old values were revoked too."),
        ("suspend", "Suspend the old values as well", "1 token suspended. 2 old values are suspended too."),
    ],
)
def test_tok10_many_are_asked_about_with_the_old_values_beside_them(
    administrator_client: Client, chain: Chain, act: str, label: str, said: str
) -> None:
    address = f"{INVENTORY}{act}-many/"
    asked = administrator_client.get(address, {"token": str(chain.newest.token.pk)})
    words = text_of(asked)
    assert "2 old values keep working until they end:" in words
    assert f"Laptop {chain.first.token.hint}, ends " in words
    assert label in words
    response = administrator_client.post(address, form_of(asked) | {"number": ["1"]}, follow=True)
    assert said in text_of(response)
    assert chain.live() == ""
    (entry,) = AuditEvent.objects.filter(action=f"token:{act}_many")
    chosen_by = {"tokens": [str(chain.newest.token.pk)], "with_old_values": 2}
    assert entry.details == {"chosen_by": chosen_by, "count": 3, "reason": ""}


def test_tok10_very_many_are_revoked_with_the_old_values_beside_them(
    administrator_client: Client, alice: User, application: TrustedApplication, chain: Chain
) -> None:
    alter(chain.newest.token, description="Many")
    known = {"kind": "PAT", "holder": alice, "application": application, "scopes": ["read"], "description": "Many"}
    ReferenceToken.objects.bulk_create(
        ReferenceToken(
            **known, issued_at=timezone.now(), digest=uuid.uuid4().bytes * 2, hash_key=chain.newest.token.hash_key
        )
        for _number in range(1001)
    )
    address = f"{INVENTORY}revoke-many/"
    form = form_of(administrator_client.get(address, {"matching": "1", "q": "Many"}))
    response = administrator_client.post(address, form | {"number": ["1002"]}, follow=True)
    assert "1,002 tokens revoked. 2 old values were revoked too." in text_of(response)
    assert chain.live() == ""


def test_tok10_many_unticked_leave_the_old_values_and_say_so(administrator_client: Client, chain: Chain) -> None:
    address = f"{INVENTORY}revoke-many/"
    form = unticked(form_of(administrator_client.get(address, {"token": str(chain.newest.token.pk)})))
    response = administrator_client.post(address, form | {"number": ["1"]}, follow=True)
    assert "1 token revoked. 2 old values keep working until they end." in text_of(response)
    assert chain.live() == "first second"


def test_tok10_old_values_that_are_chosen_themselves_are_not_counted_twice(
    administrator_client: Client, chain: Chain
) -> None:
    words = text_of(administrator_client.get(f"{INVENTORY}revoke-many/", {"matching": "1"}))
    assert "Revoke 3 tokens?" in words
    assert "old value" not in words


def test_many1_old_values_that_changed_since_are_asked_about_again(administrator_client: Client, chain: Chain) -> None:
    address = f"{INVENTORY}revoke-many/"
    form = form_of(administrator_client.get(address, {"token": str(chain.newest.token.pk)}))
    alter(chain.first.token, revoked_at=timezone.now())
    response = administrator_client.post(address, form | {"number": ["1"]}, follow=True)
    assert "Nothing was done" in text_of(response)
    assert chain.live() == "second newest"


def test_pol6_the_untick_survives_the_confirmation(administrator: User, chain: Chain) -> None:
    give_password(administrator)
    address = f"{INVENTORY}revoke-many/"
    form = unticked(form_of(signed_in(administrator).get(address, {"token": str(chain.newest.token.pk)})))
    response = signed_in(administrator, confirmed=False).post(address, form | {"number": ["1"]})
    again = form_of(signed_in(administrator).get(next_of(response)))
    assert "old_values" not in again
    signed_in(administrator).post(address, again | {"number": ["1"]})
    assert chain.live() == "first second"


def test_few_old_values_are_named_and_the_rest_is_counted(
    administrator_client: Client, alice: User, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application, description="Laptop").token
    for _time in range(12):
        token = rotated(token).token
    words = text_of(administrator_client.get(revoke_of(IssuedToken(token, ""), INVENTORY)))
    assert "12 old values keep working until they end:" in words
    assert words.count(", ends ") == 10
    assert "2 more" in words


def test_tok10_a_choice_of_many_takes_the_old_values_along_once(command: Runner, chain: Chain) -> None:
    assert command("revoke_tokens", "--user", "alice", "--yes", "--json").json == {"revoked": 3}


@pytest.mark.parametrize(("option", "count", "live"), [([], 3, ""), (["--keep-old-values"], 1, "first second")])
def test_tok10_a_choice_of_many_that_leaves_an_old_value_out_takes_it_along_unless_told_not_to(
    command: Runner, chain: Chain, option: list[str], count: int, live: str
) -> None:
    future = timezone.now() + timedelta(days=1)
    for old in (chain.first, chain.second):
        # A clock that was set back: an old value that seems younger than the one that replaced it.
        alter(old.token, issued_at=future, expires_at=future + timedelta(hours=1))
    before = (timezone.now() + timedelta(hours=1)).isoformat()
    outcome = command("revoke_tokens", "--issued-before", before, *option, "--yes", "--json")
    assert outcome.json["revoked"] == count
    assert len(outcome.json["old_values"]) == 2
    assert chain.live() == live


# --- the acts themselves ---------------------------------------------------------------------------------------------


def test_a_chain_is_read_with_its_application_and_its_order_in_two_queries(chain: Chain) -> None:
    with Statements() as statements:
        found = live_chain(chain.newest.token.pk, timezone.now())
        named = [(one.application.name, one.successor and one.successor.pk) for one in (found.token, *found.others)]
    assert named == [("Excel", None), ("Excel", chain.newest.token.pk), ("Excel", chain.second.token.pk)]
    assert len(statements.sql) == 2


@pytest.mark.parametrize("few", [1000, 0])
def test_tok10_tokens_and_the_old_values_beside_them_are_one_set_however_many_they_are(
    alice: User, application: TrustedApplication, chain: Chain, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(old_values, "FEW", few)
    alone, other = [issued_pat(alice, application).token for _time in range(2)]
    tokens = ReferenceToken.objects.filter(pk__in=[chain.newest.token.pk, alone.pk])
    beside = old_values.old_values_of(tokens, timezone.now())
    meant = set(old_values.with_old_values_of(tokens, beside))
    assert meant == set(ReferenceToken.objects.exclude(pk=other.pk))
    assert len(meant) == 4


def test_tok8_a_token_that_ended_before_is_left_with_its_old_values(chain: Chain) -> None:
    now = timezone.now()
    act: dict[str, Any] = {"actor": OPERATOR, "token_id": chain.newest.token.pk, "now": now}
    assert len(revoke_with_old_values(**act, with_old_values=False)) == 1
    assert revoke_with_old_values(**act) == suspend_with_old_values(**act) == []
    assert chain.live() == "first second"


def test_tok9_a_suspended_old_value_is_left_by_a_suspension_and_revoked_with_the_newest(chain: Chain) -> None:
    now = timezone.now()
    act: dict[str, Any] = {"actor": OPERATOR, "token_id": chain.newest.token.pk, "now": now}
    alter(chain.first.token, suspended_at=now)
    assert suspend_with_old_values(**act) == [chain.newest.token, chain.second.token]
    assert revoke_with_old_values(**act) == [chain.newest.token, chain.second.token, chain.first.token]


def test_many1_the_acts_refuse_what_was_not_shown_and_change_nothing(chain: Chain) -> None:
    now = timezone.now()
    shown = live_chain(chain.newest.token.pk, now).seen
    alter(chain.first.token, revoked_at=now)
    for act in (revoke_with_old_values, suspend_with_old_values):
        with pytest.raises(SetChanged):
            act(actor=OPERATOR, token_id=chain.newest.token.pk, now=now, shown=shown)
    assert chain.live() == "second newest"
