"""Old values that live on beside the newest token of a chain: shown before the newest is revoked, and ended with it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from reference_tokens.models import Notice, ReferenceToken
from tests.factories import alter, issued_pat, issued_sat, rotated
from tests.pages import HTMX, form_of, text_of
from tests.reference_tokens.lifecycle.chains import (
    INVENTORY,
    PROFILE,
    Chain,
    chain_from,
    revoke_of,
    suspend_of,
    unticked,
)
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(alice: User, application: TrustedApplication) -> Chain:
    return chain_from(issued_pat(alice, application, description="Laptop"))


@pytest.fixture
def sats(application: TrustedApplication) -> Chain:
    return chain_from(issued_sat(application, description="Nightly"))


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_tok10_the_question_about_the_newest_names_the_old_values_and_when_they_end(
    alice_client: Client, chain: Chain, headers: Any
) -> None:
    response = alice_client.get(revoke_of(chain.newest), headers=headers)
    words = text_of(response)
    assert "2 old values keep working until they end:" in words
    for old in (chain.first, chain.second):
        stored = ReferenceToken.objects.get(pk=old.token.pk)
        assert stored.expires_at
        assert f"Laptop {stored.hint}, ends {stored.expires_at:%-d %b %Y, %H:%M} UTC" in words
    assert "Revoke the old values as well" in words
    assert form_of(response)["old_values"] == ["1"]


def test_tok10_revoking_the_newest_ends_its_old_values_with_an_entry_for_each(
    alice: User, alice_client: Client, chain: Chain
) -> None:
    asked = alice_client.get(revoke_of(chain.newest))
    response = alice_client.post(revoke_of(chain.newest), form_of(asked), follow=True)
    assert "Laptop was revoked. What uses it fails from now on. 2 old values were revoked too." in text_of(response)
    assert chain.live() == ""
    entries = AuditEvent.objects.filter(action="token:revoke").order_by("seq")
    ids = [str(each.token.pk) for each in (chain.newest, chain.second, chain.first)]
    assert [entry.target_id for entry in entries] == ids
    assert {(entry.actor_id, entry.source) for entry in entries} == {(str(alice.pk), "profile")}


def test_tok10_unticked_the_old_values_work_on_and_that_is_said(alice_client: Client, chain: Chain) -> None:
    form = unticked(form_of(alice_client.get(revoke_of(chain.newest))))
    response = alice_client.post(revoke_of(chain.newest), form, follow=True)
    assert "2 old values keep working until they end." in text_of(response)
    assert chain.live() == "first second"


def test_tok10_an_old_value_is_revoked_alone_and_the_question_says_what_stays(
    alice_client: Client, chain: Chain
) -> None:
    asked = alice_client.get(revoke_of(chain.second))
    assert f"The new value {chain.newest.token.hint} is not changed." in text_of(asked)
    assert "old_values" not in form_of(asked)
    alice_client.post(revoke_of(chain.second), form_of(asked))
    assert chain.live() == "first newest"


def test_tok10_of_a_newest_value_that_has_ended_the_question_says_nothing(alice_client: Client, chain: Chain) -> None:
    alter(chain.newest.token, revoked_at=timezone.now())
    assert "The new value" not in text_of(alice_client.get(revoke_of(chain.second)))


def test_tok10_a_token_that_was_never_rotated_is_asked_about_as_before(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    words = text_of(alice_client.get(revoke_of(issued_pat(alice, application))))
    assert "old value" not in words
    assert "took its place" not in words


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("site", [PROFILE, INVENTORY])
def test_many1_where_the_token_was_rotated_since_nothing_is_done_and_it_is_asked_again(
    alice_client: Client, administrator_client: Client, chain: Chain, site: str, headers: Any
) -> None:
    client, address = alice_client if site == PROFILE else administrator_client, revoke_of(chain.newest, site)
    form = form_of(client.get(address))
    rotated(chain.newest.token)
    response = client.post(address, form, headers=headers)
    assert response.status_code == 409
    words = text_of(response)
    assert "Nothing was done: the live values of this token have changed." in words
    assert chain.live() == "first second newest"
    client.post(address, form_of(response))
    assert chain.live() == "first second"


def test_many1_a_token_that_had_no_other_value_when_it_was_asked_about_is_asked_about_again(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    form = form_of(alice_client.get(revoke_of(issued)))
    new = rotated(issued.token)
    response = alice_client.post(revoke_of(issued), form)
    assert response.status_code == 409
    assert f"The new value {new.token.hint} is not changed." in text_of(response)
    assert not ReferenceToken.objects.exclude(revoked_at=None).exists()


def test_the_second_of_two_clicks_is_answered_as_the_first(alice_client: Client, chain: Chain) -> None:
    form = form_of(alice_client.get(revoke_of(chain.newest)))
    for _time in range(2):
        response = alice_client.post(revoke_of(chain.newest), form, follow=True)
        assert "Laptop was revoked." in text_of(response)
    assert AuditEvent.objects.filter(action="token:revoke").count() == 3


def test_an_administrator_revokes_a_sat_with_its_old_values_for_one_reason_and_one_mail(
    alice: User, administrator_client: Client, application: TrustedApplication, sats: Chain
) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    application.owners.add(alice)
    address = revoke_of(sats.newest, INVENTORY)
    response = administrator_client.post(address, form_of(administrator_client.get(address)) | {"reason": "A leak"})
    assert response.status_code == 302
    assert sats.live() == ""
    assert set(ReferenceToken.objects.values_list("revocation_reason", flat=True)) == {"A leak"}
    (notice,) = Notice.objects.filter(kind=Notice.Kind.REVOCATION)
    assert notice.tokens.count() == 3


@pytest.mark.parametrize("act", [revoke_of, suspend_of])
def test_the_box_stays_unticked_in_a_form_that_is_refused(administrator_client: Client, sats: Chain, act: Any) -> None:
    address = f"{INVENTORY}{act(sats.newest).removeprefix(PROFILE).removeprefix(INVENTORY)}"
    form = unticked(form_of(administrator_client.get(address)))
    response = administrator_client.post(address, form | {"reason": ["good\u202e"]})
    assert response.status_code == 422
    assert "old_values" not in form_of(response)
    administrator_client.post(address, form_of(response) | {"reason": ["A leak"]})
    assert sats.live() == "first second"


def test_tok10_the_question_before_a_rotation_names_the_old_values_that_it_does_not_end(
    alice_client: Client, chain: Chain
) -> None:
    address = f"{PROFILE}{chain.newest.token.pk}/rotate/"
    asked = alice_client.get(address)
    assert "2 old values keep working until they end:" in text_of(asked)
    assert "old_values" not in form_of(asked)
    alice_client.post(address, form_of(asked) | {"overlap": ["0"]})
    assert chain.live() == "first second"
