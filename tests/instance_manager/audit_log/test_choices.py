"""What the filters of the audit log offer while one types."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.factories import ApplicationFactory, UserFactory
from tests.pages import text_of
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]

CHOICES = "/manage/security/audit-log/choices/"


def offered(client: Client, name: str, **query: str) -> list[str]:
    answer: Any = client.get(f"{CHOICES}{name}/", query)
    return [unescape(link) for link in re.findall(r'href="(.*?)"', answer.content.decode())]


def test_people_are_found_by_any_of_their_names_and_the_other_filters_stay(
    administrator_client: Client, alice: User
) -> None:
    User.objects.filter(pk=alice.pk).update(email="lovelace@example.com")
    for text in ("ALI", "lovelace@", str(alice.pk)):
        assert offered(administrator_client, "person", person=text, source="api") == ["?person=alice&source=api"]


def test_applications_are_found_by_name_and_uri(administrator_client: Client, application: TrustedApplication) -> None:
    for text in ("exc", "com.example/ex", str(application.pk)):
        assert offered(administrator_client, "application", application=text) == ["?application=com.example%2Fexcel"]


@pytest.mark.parametrize("name", ["person", "application"])
def test_at_most_twenty_are_offered_and_nothing_for_nothing(administrator_client: Client, name: str) -> None:
    UserFactory.create_batch(21)
    ApplicationFactory.create_batch(21)
    assert len(offered(administrator_client, name, **{name: "e"})) == 20
    assert "More than 20 were found" in text_of(administrator_client.get(f"{CHOICES}{name}/", {name: "e"}))
    assert offered(administrator_client, name) == []
    assert "Nothing was found." in text_of(administrator_client.get(f"{CHOICES}{name}/", {name: "no such name"}))
    assert offered(administrator_client, name, **{name: "\0"}) == []
