"""Whether the messages of webhooks can be signed, and where they may go; nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography.fernet import InvalidToken

from reference_tokens.models import WebhookDelivery
from reference_tokens.webhooks.noting import active_webhooks
from reference_tokens.webhooks.posting import PORTS, NotPosted, places_to
from reference_tokens.webhooks.signing import secrets_of

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.models import Webhook

Fault = WebhookDelivery.Fault


def faults_of_webhooks(now: datetime) -> dict[str, str]:
    """What is in the way of the active webhooks, by their hosts; empty where nothing is."""
    found = {webhook.host: fault_of(webhook, now) for webhook in active_webhooks()}
    return {host: str(Fault(fault).label) for host, fault in found.items() if fault}


def fault_of(webhook: Webhook, now: datetime) -> str:
    """What is in the way of a webhook, without asking its receiver; empty where nothing is."""
    parts = urlsplit(webhook.url)
    try:
        secrets_of(webhook, now)
        places_to(parts.hostname or "", parts.port or PORTS[parts.scheme])
    except InvalidToken:
        return Fault.NO_SECRET
    except NotPosted as refused:
        return refused.fault
    return ""
