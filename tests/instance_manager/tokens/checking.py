"""Checking a token as an administrator, by its value and as chosen from its page."""

from __future__ import annotations

from typing import Any

from django.test import Client

from reference_tokens.models import ReferenceToken, ResourceServer

CHECK = "/manage/security/check-token/"


def checked(client: Client, value: str, server: ResourceServer | None = None) -> Any:
    return client.post(CHECK, {"secret": value, "server": server.pk if server else ""})


def chosen(client: Client, token: ReferenceToken, server: ResourceServer | None = None) -> Any:
    return client.post(f"{CHECK}?token={token.pk}", {"server": server.pk if server else ""})
