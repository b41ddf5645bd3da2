"""The form of a rotation, filled in and sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from reference_tokens.models import ReferenceToken
from tests.pages import (
    Fields,
    form_of,
)

LIST = "/profile/security/tokens/"
NOW = datetime(2027, 3, 11, 12, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def rotate_of(token: ReferenceToken) -> str:
    return f"/profile/security/tokens/{token.pk}/rotate/"


def end_of(token: ReferenceToken) -> str:
    return f"/profile/security/tokens/{token.pk}/end/"


def filled_in(client: Client, token: ReferenceToken, **changes: Any) -> Fields:
    return form_of(client.get(rotate_of(token))) | changes


def rotate(client: Client, token: ReferenceToken, **changes: Any) -> Any:
    return client.post(rotate_of(token), filled_in(client, token, **changes))


def successor_of(token: ReferenceToken) -> ReferenceToken:
    return ReferenceToken.objects.get(replaces=token)
