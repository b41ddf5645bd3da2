"""The secrets of webhooks and what they sign (Standard Webhooks 1.0)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from cryptography.fernet import InvalidToken
from django.views.decorators.debug import sensitive_variables

from accounts.sealing import seal, unseal

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.models import Webhook

PREFIX = "whsec_"
# The standard wants 24 to 64.
SECRET_BYTES = 32
PURPOSE = b"webhooks"
# So many secrets sign beside a new one at the most.
MOST_FORMER = 3


def new_secret() -> str:
    """A secret as a receiver is given it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def sealed(secret: str) -> str:
    """The secret as it is stored."""
    return seal(secret, purpose=PURPOSE)


@sensitive_variables()
def secrets_of(webhook: Webhook, now: datetime) -> list[str]:
    """The secrets that sign its messages now, the newest first; raises `cryptography.fernet.InvalidToken`."""
    return [unseal(secret, purpose=PURPOSE) for secret in stored_secrets(webhook, now)]


def stored_secrets(webhook: Webhook, now: datetime) -> list[str]:
    """The same, as they are stored."""
    return [webhook.secret, *(webhook.former_secret.split() if webhook.has_former_secret(now) else [])]


def former_secrets(webhook: Webhook, now: datetime) -> list[str]:
    """Those that sign beside a new one, as they are stored: the receiver may know any of them.

    One that was shown may have been lost on the way. What cannot be read any more signs nothing.
    """
    return [secret for secret in stored_secrets(webhook, now) if can_be_read(secret)][:MOST_FORMER]


def can_be_read(stored: str) -> bool:
    """Whether the secret was sealed under a key that is still known."""
    with suppress(InvalidToken):
        return bool(unseal(stored, purpose=PURPOSE))
    return False


@sensitive_variables()
def signature(secret: str, message_id: str, timestamp: int, body: str) -> str:
    """The signature of a message under one secret."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = hmac.digest(key, f"{message_id}.{timestamp}.{body}".encode(), hashlib.sha256)
    return "v1," + base64.b64encode(signed).decode("ascii")


@sensitive_variables()
def signed_headers(webhook: Webhook, message_id: str, body: str, now: datetime) -> dict[str, str]:
    """The headers of a message, signed with each secret of the webhook; raises as `secrets_of`."""
    timestamp = int(now.timestamp())
    signatures = [signature(secret, message_id, timestamp, body) for secret in secrets_of(webhook, now)]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
