"""Suspending the newest token of a chain, with the old values beside it (TOK-9)."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from tests.factories import alter, issued_pat, rotated
from tests.pages import form_of, text_of
from tests.reference_tokens.lifecycle.chains import INVENTORY, Chain, chain_from, revoke_of, suspend_of, unticked
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(alice: User, application: TrustedApplication) -> Chain:
    return chain_from(issued_pat(alice, application, description="Laptop"))


def test_tok9_suspending_the_newest_suspends_its_old_values_with_an_entry_for_each(
    administrator_client: Client, chain: Chain
) -> None:
    asked = administrator_client.get(suspend_of(chain.newest))
    assert "Suspend the old values as well" in text_of(asked)
    response = administrator_client.post(suspend_of(chain.newest), form_of(asked), follow=True)
    assert "2 old values are suspended too." in text_of(response)
    assert chain.live() == ""
    assert AuditEvent.objects.filter(action="token:suspend").count() == 3


def test_tok9_resuming_the_newest_says_that_its_old_values_stay_suspended(
    administrator_client: Client, chain: Chain
) -> None:
    administrator_client.post(suspend_of(chain.newest), form_of(administrator_client.get(suspend_of(chain.newest))))
    response = administrator_client.post(f"{INVENTORY}{chain.newest.token.pk}/resume/", follow=True)
    assert "Laptop is not suspended any more. 2 old values stay suspended." in text_of(response)
    assert chain.live() == "newest"


def test_tok9_unticked_the_old_values_are_not_suspended_and_that_is_said(
    administrator_client: Client, chain: Chain
) -> None:
    form = unticked(form_of(administrator_client.get(suspend_of(chain.newest))))
    response = administrator_client.post(suspend_of(chain.newest), form, follow=True)
    assert "2 old values keep working until they end." in text_of(response)
    assert chain.live() == "first second"


def test_tok9_a_suspended_old_value_is_told_of_before_a_revocation_and_not_before_a_suspension(
    administrator_client: Client, chain: Chain
) -> None:
    alter(chain.first.token, suspended_at=timezone.now())
    words = text_of(administrator_client.get(revoke_of(chain.newest, INVENTORY)))
    assert "2 old values keep working" in words
    assert "UTC, suspended" in words
    asked = administrator_client.get(suspend_of(chain.newest))
    assert "1 old value keeps working until it ends:" in text_of(asked)
    administrator_client.post(suspend_of(chain.newest), form_of(asked))
    assert AuditEvent.objects.filter(action="token:suspend").count() == 2


def test_many1_a_token_that_was_rotated_since_is_not_suspended_and_asked_about_again(
    administrator_client: Client, chain: Chain
) -> None:
    form = form_of(administrator_client.get(suspend_of(chain.newest)))
    rotated(chain.newest.token)
    response = administrator_client.post(suspend_of(chain.newest), form)
    assert response.status_code == 409
    assert "Nothing was done" in text_of(response)
    assert chain.live() == "first second newest"


def test_suspending_twice_suspends_once(administrator_client: Client, chain: Chain) -> None:
    form = form_of(administrator_client.get(suspend_of(chain.newest)))
    for _time in range(2):
        assert administrator_client.post(suspend_of(chain.newest), form).status_code == 302
    assert AuditEvent.objects.filter(action="token:suspend").count() == 3
