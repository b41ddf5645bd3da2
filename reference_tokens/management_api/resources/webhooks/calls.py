"""`/webhooks`: addresses that are told what happens, and their secrets."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Path, Query, Router

from reference_tokens.management_api.authentication import READ, WRITE
from reference_tokens.management_api.naming import application_called
from reference_tokens.management_api.paging import Page, Paging, page_of
from reference_tokens.management_api.preconditions import IfMatch, expected, set_entity_tag
from reference_tokens.management_api.requests import Request
from reference_tokens.management_api.resources.webhooks.members import (
    NewWebhook,
    WebhookChange,
    WebhookMembers,
    WithSecret,
    described_webhook,
)
from reference_tokens.models import Webhook
from reference_tokens.webhooks.registration import (
    create_webhook,
    delete_webhook,
    end_former_secret,
    replace_secret,
    set_paused,
    update_webhook,
)
from reference_tokens.webhooks.rows import webhook_settings

router = Router(tags=["webhooks"])


@router.get("", auth=READ, response=Page[WebhookMembers], summary="List webhooks")
def list_webhooks(request: Request, response: HttpResponse, paging: Query[Paging]) -> dict[str, Any]:
    """Webhooks in the order in which they were added."""
    rows, now = Webhook.objects.select_related("application"), request.caller.now
    order = ["created_at", "id"]
    return page_of(
        request, response, rows, paging=paging, order=order, members=lambda webhook: described_webhook(webhook, now)
    )


@router.post("", auth=WRITE, response={201: WithSecret}, summary="Add a webhook")
def add_webhook(request: Request, response: HttpResponse, body: NewWebhook) -> dict[str, Any]:
    """Let an address be told what happens from now on; the answer shows its secret this once."""
    caller, values = request.caller, settings_in(body.dict())
    webhook, secret = create_webhook(actor=caller.actor, now=caller.now, **values)
    return shown_webhook(request, response, webhook.pk) | {"secret": secret}


@router.get("/{uuid:webhook_id}", auth=READ, response=WebhookMembers, summary="Read a webhook")
def read_webhook(request: Request, response: HttpResponse, webhook_id: Path[UUID]) -> dict[str, Any]:
    """The webhook."""
    return shown_webhook(request, response, webhook_id)


@router.patch("/{uuid:webhook_id}", auth=WRITE, response=WebhookMembers, summary="Change a webhook")
def change_webhook(
    request: Request, response: HttpResponse, webhook_id: Path[UUID], body: WebhookChange, if_match: IfMatch = ""
) -> dict[str, Any]:
    """Change a webhook; messages that wait go to its new address."""
    caller, opened = request.caller, expected(if_match)
    values = settings_in(body.dict(exclude_unset=True))
    update_webhook(actor=caller.actor, webhook_id=webhook_id, now=caller.now, opened=opened, **values)
    return shown_webhook(request, response, webhook_id)


@router.delete("/{uuid:webhook_id}", auth=WRITE, response={204: None}, summary="Delete a webhook")
def remove_webhook(request: Request, webhook_id: Path[UUID], if_match: IfMatch = "") -> None:
    """Delete a webhook with its messages, sent or not."""
    caller, opened = request.caller, expected(if_match)
    if not delete_webhook(actor=caller.actor, webhook_id=webhook_id, now=caller.now, opened=opened):
        raise Webhook.DoesNotExist


@router.post("/{uuid:webhook_id}/pause", auth=WRITE, response=WebhookMembers, summary="Pause a webhook")
def pause_webhook(request: Request, response: HttpResponse, webhook_id: Path[UUID]) -> dict[str, Any]:
    """Keep the messages that wait; what happens during the pause is not told."""
    caller = request.caller
    set_paused(actor=caller.actor, webhook_id=webhook_id, now=caller.now, is_paused=True)
    return shown_webhook(request, response, webhook_id)


@router.post("/{uuid:webhook_id}/resume", auth=WRITE, response=WebhookMembers, summary="Resume a webhook")
def resume_webhook(request: Request, response: HttpResponse, webhook_id: Path[UUID]) -> dict[str, Any]:
    """Tell what happens from now on, also where the receiver had ended the webhook; messages that waited are sent."""
    caller = request.caller
    set_paused(actor=caller.actor, webhook_id=webhook_id, now=caller.now, is_paused=False)
    return shown_webhook(request, response, webhook_id)


@router.post("/{uuid:webhook_id}/secret", auth=WRITE, response=WithSecret, summary="Replace the secret of a webhook")
def replace_webhook_secret(request: Request, response: HttpResponse, webhook_id: Path[UUID]) -> dict[str, Any]:
    """Give a webhook a new secret, which the answer shows this once; for 24 hours the one before signs beside it."""
    caller = request.caller
    _webhook, secret = replace_secret(actor=caller.actor, webhook_id=webhook_id, now=caller.now)
    return shown_webhook(request, response, webhook_id) | {"secret": secret}


@router.post(
    "/{uuid:webhook_id}/secret/end", auth=WRITE, response=WebhookMembers, summary="End the former secret of a webhook"
)
def end_former_webhook_secret(request: Request, response: HttpResponse, webhook_id: Path[UUID]) -> dict[str, Any]:
    """Let the secret before sign nothing any more."""
    caller = request.caller
    end_former_secret(actor=caller.actor, webhook_id=webhook_id, now=caller.now)
    return shown_webhook(request, response, webhook_id)


def shown_webhook(request: Request, response: HttpResponse, webhook_id: UUID) -> dict[str, Any]:
    """The webhook as it is now, with its tag."""
    webhook = get_object_or_404(Webhook.objects.select_related("application"), pk=webhook_id)
    set_entity_tag(response, webhook_settings(webhook))
    return described_webhook(webhook, request.caller.now)


def settings_in(members: dict[str, Any]) -> dict[str, Any]:
    """The columns that the members of a request stand for; raises `Problem` 422 for an application nobody knows."""
    if members.get("application") is not None:
        members["application"] = application_called(members["application"], "application")
    return members
