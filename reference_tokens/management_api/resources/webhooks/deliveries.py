"""`/webhooks/ID/deliveries`: the messages of a webhook; one to try it, and one sent again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Path, Query, Router

from reference_tokens.management_api.authentication import READ, WRITE
from reference_tokens.management_api.paging import Page, page_of
from reference_tokens.management_api.problems import Problem, conflict
from reference_tokens.management_api.requests import Request
from reference_tokens.management_api.resources.webhooks.members import (
    DeliveryListing,
    DeliveryMembers,
    WholeDelivery,
    described_delivery,
    whole_delivery,
)
from reference_tokens.models import Webhook, WebhookDelivery
from reference_tokens.webhooks.repeating import repeat_delivery, send_test

router = Router(tags=["webhooks"])


@router.post("/{uuid:webhook_id}/test", auth=WRITE, response={202: DeliveryMembers}, summary="Try a webhook")
def test_webhook(request: Request, webhook_id: Path[UUID]) -> dict[str, Any]:
    """Send a message that tries the address; the answer says which, to see later what became of it."""
    caller = request.caller
    if not send_test(actor=caller.actor, webhook_id=webhook_id, now=caller.now):
        raise not_active()
    # The webhook is locked: nobody else has stored a message since.
    return described_delivery(WebhookDelivery.objects.filter(webhook=webhook_id).latest("pk"))


@router.get(
    "/{uuid:webhook_id}/deliveries", auth=READ, response=Page[DeliveryMembers], summary="List messages of a webhook"
)
def list_deliveries(
    request: Request, response: HttpResponse, webhook_id: Path[UUID], listing: Query[DeliveryListing]
) -> dict[str, Any]:
    """The messages of the last weeks, the newest first."""
    rows = get_object_or_404(Webhook, pk=webhook_id).deliveries.all()
    if listing.state:
        rows = rows.filter(state=listing.state)
    return page_of(request, response, rows, paging=listing, order=["-id"], members=described_delivery)


@router.get(
    "/{uuid:webhook_id}/deliveries/{uuid:delivery_id}",
    auth=READ,
    response=WholeDelivery,
    summary="Read a message of a webhook",
)
def read_delivery(request: Request, webhook_id: Path[UUID], delivery_id: Path[UUID]) -> dict[str, Any]:
    """The message, with what it says."""
    return whole_delivery(delivery_there(webhook_id, delivery_id))


@router.post(
    "/{uuid:webhook_id}/deliveries/{uuid:delivery_id}/repeat",
    auth=WRITE,
    response={202: DeliveryMembers},
    summary="Send a message again",
)
def repeat_webhook_delivery(request: Request, webhook_id: Path[UUID], delivery_id: Path[UUID]) -> dict[str, Any]:
    """Send a message again, soon and with all its tries."""
    caller, delivery = request.caller, delivery_there(webhook_id, delivery_id)
    if not repeat_delivery(actor=caller.actor, delivery=delivery, now=caller.now):
        raise not_active()
    return described_delivery(delivery_there(webhook_id, delivery_id))


def delivery_there(webhook_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """The message of the webhook."""
    return get_object_or_404(WebhookDelivery, webhook=webhook_id, message_id=delivery_id)


def not_active() -> Problem:
    """409: nothing is sent."""
    return conflict("The webhook is not active: resume it first.")
