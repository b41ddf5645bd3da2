"""The visitors, and the things that the addresses name."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from reference_tokens.models import SavedFilter
from tests.factories import (
    ResourceServerFactory,
    UserFactory,
    another_device,
    delivery_made,
    invitation_link,
    issued_pat,
    reset_link,
    rotated,
    waiting_link,
)
from tests.pages import give_password
from tests.second_factors import passkey_of
from trusted_apps.models import TrustedApplication


@pytest.fixture
def ids(alice: User, application: TrustedApplication) -> dict[str, str]:
    """What stands in an address in place of each parameter: things that there are."""
    token, server = issued_pat(alice, application, description="Laptop").token, ResourceServerFactory.create()
    delivery = delivery_made()
    values = {
        "uuid:token_id": token.pk,
        "uuid:replaced_id": rotated(issued_pat(alice, application).token).token.replaces_id,
        "uuid:application_id": application.pk,
        "int:server_id": server.pk,
        "int:secret_id": server.secrets.get().pk,
        "uuid:user_id": alice.pk,
        "int:group_id": Group.objects.create(name="Data").pk,
        "int:device_id": another_device(alice).pk,
        "int:factor_id": passkey_of(alice).stored_as,
        "int:filter_id": SavedFilter.objects.create(user=alice, site="profile", name="Mine", query="?q=x").pk,
        "uuid:webhook_id": delivery.webhook_id,
        "uuid:message_id": delivery.message_id,
        "slug:slug": "getting-started",
        "str:key": waiting_link(alice),
        "str:reset_key": reset_link(UserFactory.create()),
        "str:invitation_key": invitation_link(UserFactory.create()),
    }
    return {f"<{parameter}>": str(value) for parameter, value in values.items()}


@pytest.fixture
def visitors(alice: User, bob: User, administrator: User) -> dict[str, User]:
    """Who can come, with a password that can confirm it is them."""
    people = {"stranger": bob, "person": alice, "administrator": administrator}
    return {visitor: give_password(user) for visitor, user in people.items()}
