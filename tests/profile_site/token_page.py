"""The page of a token."""

from __future__ import annotations

from django.test import Client

from reference_tokens.models import ReferenceToken
from tests.pages import text_of

LIST = "/profile/security/tokens/"


def page_of(token: ReferenceToken) -> str:
    return f"{LIST}{token.pk}/"


def words_of(client: Client, token: ReferenceToken, query: str = "") -> str:
    return text_of(client.get(page_of(token) + query))
