"""The last entries on the pages of what they are about, and the way to all of them (AUD-3)."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.audit.record import Actor, Source, Target
from accounts.models import User
from reference_tokens.models import ResourceServer
from tests.factories import issued_pat
from tests.instance_manager.audit_log.entries import entry, listed
from tests.pages import text_of
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def way_to_all(response: Any) -> str:
    (link,) = re.findall(r'<a href="([^"]*)">All in the audit log</a>', response.content.decode())
    return unescape(link)


def test_a_person(administrator_client: Client, alice: User) -> None:
    events = [entry("user:deactivate", Target.user(alice.pk)), entry(actor=Actor.person(alice, Source.PROFILE))]
    page = administrator_client.get(f"/manage/security/users/{alice.pk}/")
    assert "User deactivated" in text_of(page)
    assert listed(administrator_client.get(way_to_all(page))) == [event.seq for event in events[::-1]]


def test_an_application(administrator_client: Client, application: TrustedApplication, alice: User) -> None:
    event = entry("application:update", Target("application", str(application.pk)))
    issued_pat(alice, application)
    page = administrator_client.get(f"/manage/security/trusted-apps/{application.pk}/")
    assert "Trusted Application changed" in text_of(page)
    assert listed(administrator_client.get(way_to_all(page)))[-1] == event.seq


def test_a_resource_server(administrator_client: Client, server: ResourceServer) -> None:
    event = entry("resource_server:update", Target("resource_server", server.client_id))
    page = administrator_client.get(f"/manage/security/resource-servers/{server.pk}/")
    assert "Resource Server changed" in text_of(page)
    assert event.seq in listed(administrator_client.get(way_to_all(page)))


def test_a_token_leads_there_for_administrators_alone(
    administrator_client: Client, alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application).token
    page = administrator_client.get(f"/manage/security/tokens/{token.pk}/")
    assert len(listed(administrator_client.get(way_to_all(page)))) == 1
    assert "All in the audit log" not in text_of(alice_client.get(f"/profile/security/tokens/{token.pk}/"))
