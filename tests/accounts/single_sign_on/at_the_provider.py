"""A sign-in at the provider, and what came of it."""

from __future__ import annotations

from typing import Any

from django.test import Client

from accounts.models import AuditEvent
from tests.openid.journey import CALLBACK_URL, come_back, leave
from tests.openid.provider import Visitor

CALLBACK = f"http://localhost:8000{CALLBACK_URL}"
ASK_URL = "/accounts/openid/confirm/"
CONNECT_URL = "/profile/security/single-sign-on/"
TOKEN_FORM = "/profile/security/tokens/new/"
ALICE = {"preferred_username": "alice", "name": "Alice A.", "email": "alice@example.com", "email_verified": True}


def sign_in_as(client: Client, visitor: Visitor, name: str, target: str = "") -> Any:
    return come_back(client, visitor.answer_to(leave(client, target=target), name))


def is_signed_in(client: Client) -> bool:
    return bool(client.get("/profile/").status_code == 200)


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))
