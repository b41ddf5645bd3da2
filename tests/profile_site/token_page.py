"""The page of a token."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import issued_pat
from tests.pages import text_of
from trusted_apps.models import TrustedApplication

LIST = "/profile/security/tokens/"


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application, description="Laptop", scopes=["read", "update"]).token


def page_of(token: ReferenceToken) -> str:
    return f"{LIST}{token.pk}/"


def words_of(client: Client, token: ReferenceToken, query: str = "") -> str:
    return text_of(client.get(page_of(token) + query))
