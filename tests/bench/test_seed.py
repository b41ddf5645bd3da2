"""What `make bench` runs over."""

from __future__ import annotations

import datetime

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from reference_tokens.models import ReferenceToken, ResourceServer
from tests.bench.seed.content import Content, store_content
from tests.bench.seed.tokens import value_of
from tests.factories import made_applications
from tests.introspection import basic

pytestmark = pytest.mark.django_db


@pytest.fixture
def content() -> Content:
    return store_content(12, 200, datetime.datetime.now(datetime.UTC), people=60, applications=8)


def test_it_stores_as_many_as_asked_for(content: Content) -> None:
    assert ReferenceToken.objects.count() == 200
    assert (User.objects.filter(kind="PERSON").count(), made_applications().count()) == (60, 8)
    assert ResourceServer.objects.count() == len(content.credentials) == 20
    assert AuditEvent.objects.count() == 20


def test_every_value_it_tells_is_of_a_valid_token(content: Content, client: Client) -> None:
    authorization = basic(*content.credentials[0].split())
    assert len(content.values) > 80
    for value in content.values[:20]:
        answer = client.post("/oauth/introspect", {"token": value}, headers={"authorization": authorization})
        assert answer.json()["active"] is True


def test_the_same_seed_gives_the_same_values() -> None:
    assert value_of(12, 7) == value_of(12, 7) != value_of(12, 8)
