"""A message of a webhook; sending one to try the webhook, and sending one again."""

from __future__ import annotations

import json
import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit.record import Source
from accounts.http import SignedInRequest, actor_of
from accounts.sign_in.decorators import administrator_required
from instance_manager.addresses import webhook_url
from instance_manager.pages import MANAGE
from instance_manager.webhooks.detail import delivery_row
from reference_tokens.models import Webhook, WebhookDelivery
from reference_tokens.webhooks.repeating import repeat_delivery, send_test


@require_safe
@administrator_required
def delivery_detail(request: SignedInRequest, webhook_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponse:
    """One message: what became of it, and what it says."""
    delivery = delivery_or_404(webhook_id, message_id)
    context = {
        "delivery": delivery,
        "row": delivery_row(delivery),
        "webhook": delivery.webhook,
        "body": json.dumps(json.loads(delivery.payload), indent=2, ensure_ascii=False),
        "back_url": webhook_url(webhook_id),
        "back_label": delivery.webhook.description or delivery.webhook.host,
    }
    return MANAGE.page(request, "instance_manager/webhook_delivery.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
def webhook_test(request: SignedInRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Ask whether to send a message that tries the webhook, or do it, as the button of its page does."""
    webhook = get_object_or_404(Webhook, pk=webhook_id)
    if request.method != "POST":
        return ask_to_send(request, webhook, _("Send a test"), webhook_url(webhook_id))
    was_active = send_test(actor=actor_of(request, Source.MANAGE), webhook_id=webhook.pk, now=timezone.now())
    return tell_sent(request, was_active, _("A test is on its way."), webhook_url(webhook_id))


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
def delivery_repeat(request: SignedInRequest, webhook_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponse:
    """Ask whether to send a message again, or do it, as the button of its page does."""
    delivery = delivery_or_404(webhook_id, message_id)
    url = reverse("manage:delivery_detail", args=[webhook_id, message_id])
    if request.method != "POST":
        return ask_to_send(request, delivery.webhook, _("Repeat"), url)
    was_active = repeat_delivery(actor=actor_of(request, Source.MANAGE), delivery=delivery, now=timezone.now())
    return tell_sent(request, was_active, _("The message is on its way again."), url)


def ask_to_send(request: SignedInRequest, webhook: Webhook, submit_label: str, url: str) -> HttpResponse:
    """Ask before a message is sent, for who comes here by the address."""
    return MANAGE.ask(
        request,
        heading=_("Send a message to %(host)s?") % {"host": webhook.host},
        lines=[_("It is signed, and posted to the address of the webhook.")],
        submit_label=submit_label,
        cancel_url=url,
        keep_label=_("Cancel"),
    )


def tell_sent(request: SignedInRequest, was_active: bool, text: str, url: str) -> HttpResponse:  # noqa: FBT001 - what came of it
    """Say that a message is on its way, or that its webhook is not active."""
    if was_active:
        return MANAGE.tell(request, text, url=url)
    return MANAGE.tell(request, _("The webhook is not active: resume it first."), url=url, tone="bad")


def delivery_or_404(webhook_id: uuid.UUID, message_id: uuid.UUID) -> WebhookDelivery:
    """The message of a webhook."""
    deliveries = WebhookDelivery.objects.select_related("webhook")
    return get_object_or_404(deliveries, webhook=webhook_id, message_id=message_id)
