"""Lists narrowed to what is disabled."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import ApplicationFactory, ResourceServerFactory
from tests.pages import text_of

pytestmark = pytest.mark.django_db


def test_applications_that_are_disabled(administrator_client: Client) -> None:
    ApplicationFactory.create(name="Running one")
    ApplicationFactory.create(name="Switched-off one", is_enabled=False)
    words = text_of(administrator_client.get("/manage/security/trusted-apps/?state=disabled"))
    assert "Switched-off one" in words
    assert "Running one" not in words


def test_resource_servers_that_are_disabled(administrator_client: Client) -> None:
    ResourceServerFactory.create(name="Running one")
    ResourceServerFactory.create(name="Switched-off one", is_enabled=False)
    words = text_of(administrator_client.get("/manage/security/resource-servers/?state=disabled"))
    assert "Switched-off one" in words
    assert "Running one" not in words
