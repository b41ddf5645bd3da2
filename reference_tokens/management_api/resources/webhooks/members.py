"""The members of webhooks and their messages, in requests and in answers."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Field, Schema
from pydantic import WithJsonSchema

from reference_tokens.management_api.bodies import Members
from reference_tokens.management_api.paging import Paging
from reference_tokens.models import EventType, Webhook, WebhookDelivery

# Each is written out where it stands: the description takes two enumerations of one name for one.
WebhookState = Annotated[Webhook.State, WithJsonSchema({"type": "string", "enum": Webhook.State.values})]
DeliveryState = Annotated[
    WebhookDelivery.State, WithJsonSchema({"type": "string", "enum": WebhookDelivery.State.values})
]
OF_ONE_APPLICATION = "The application_uri of the one that it is told about; null: of all."


class WebhookMembers(Schema):
    """An address that is told what happens; never its secret."""

    id: UUID
    url: str
    types: list[EventType]
    application: str | None = Field(description=OF_ONE_APPLICATION)
    description: str
    state: WebhookState = Field(description="ended: its receiver answered that it wants no more messages.")
    created_at: datetime
    both_secrets_until: datetime | None = Field(description="So long the secret before signs too.")


class WithSecret(WebhookMembers):
    """A webhook with its new secret, which is shown this once."""

    secret: str | None = Field(description="It signs every message; null in a dry run.")


class NewWebhook(Members):
    """An address that is to be told what happens."""

    url: str
    types: list[EventType]
    application: str | None = Field(None, description=OF_ONE_APPLICATION)
    description: str = ""


class WebhookChange(Members):
    """What is to be changed of a webhook; what is left out stays."""

    url: str = ""
    types: list[EventType] = Field([])
    application: str | None = Field(None, description=OF_ONE_APPLICATION)
    description: str = ""


class DeliveryListing(Paging):
    """Which messages."""

    state: DeliveryState | None = None


class DeliveryMembers(Schema):
    """A message, and what became of it."""

    id: UUID = Field(description="The same at each try: the header webhook-id.")
    type: str
    state: DeliveryState
    attempts: int
    next_at: datetime | None = Field(description="When it is posted again.")
    last_status: int | None = Field(description="What the receiver answered last.")
    last_fault: WebhookDelivery.Fault | None = Field(description="Why nothing answered.")
    created_at: datetime
    done_at: datetime | None = Field(description="Delivered, or given up.")


class WholeDelivery(DeliveryMembers):
    """A message, with what it says."""

    body: dict[str, Any]


def described_webhook(webhook: Webhook, now: datetime) -> dict[str, Any]:
    """The members of a webhook that was read with its application."""
    return {
        "id": webhook.pk,
        "url": webhook.url,
        "types": webhook.types,
        "application": webhook.application.application_uri if webhook.application else None,
        "description": webhook.description,
        "state": webhook.state,
        "created_at": webhook.created_at,
        "both_secrets_until": webhook.former_secret_until if webhook.has_former_secret(now) else None,
    }


def described_delivery(delivery: WebhookDelivery) -> dict[str, Any]:
    """The members of a message."""
    return {
        "id": delivery.message_id,
        "type": delivery.type,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "next_at": delivery.next_at,
        "last_status": delivery.last_status,
        "last_fault": delivery.last_fault or None,
        "created_at": delivery.created_at,
        "done_at": delivery.done_at,
    }


def whole_delivery(delivery: WebhookDelivery) -> dict[str, Any]:
    """The members of a message, with what it says."""
    return described_delivery(delivery) | {"body": json.loads(delivery.payload)}
