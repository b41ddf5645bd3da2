"""Webhooks: the list, which is short (`MOST_WEBHOOKS`)."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.sign_in.decorators import administrator_required
from instance_manager.addresses import webhook_url
from instance_manager.pages import MANAGE
from reference_tokens.models import Webhook, WebhookDelivery
from reference_tokens.webhooks.registration import MOST_WEBHOOKS

# How the state of a webhook is coloured.
TONES = {Webhook.State.ACTIVE: "ok", Webhook.State.PAUSED: "warn", Webhook.State.ENDED: "bad"}
# And that of a message.
DELIVERY_TONES = {
    WebhookDelivery.State.WAITING: "",
    WebhookDelivery.State.DELIVERED: "ok",
    WebhookDelivery.State.FAILED: "bad",
}


@require_safe
@administrator_required
def webhook_list(request: SignedInRequest) -> HttpResponse:
    """Every webhook, in the order in which they were added."""
    newest = WebhookDelivery.objects.filter(webhook=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    found = Webhook.objects.select_related("application").annotate(last=Subquery(newest))
    webhooks: list[Any] = list(found.order_by("created_at", "pk"))
    last = WebhookDelivery.objects.in_bulk([webhook.last for webhook in webhooks if webhook.last])
    label = ngettext("%(count)s webhook", "%(count)s webhooks", len(webhooks))
    context = {
        "webhooks": [webhook_row(webhook, last.get(webhook.last)) for webhook in webhooks],
        "count_label": label % {"count": len(webhooks)},
        "create": {
            "url": reverse("manage:webhook_create"),
            "label": _("Add webhook"),
            "reason": _("There are as many webhooks as there can be: delete one first.")
            if len(webhooks) >= MOST_WEBHOOKS
            else "",
        },
    }
    return MANAGE.page(request, "instance_manager/webhook_list.html", context)


def webhook_row(webhook: Webhook, last: WebhookDelivery | None) -> dict[str, Any]:
    """A webhook as the list shows it, with its last message."""
    return {
        "id": webhook.pk,
        "name": webhook.description or webhook.host,
        "url": webhook.url,
        "page_url": webhook_url(webhook.pk),
        "application": webhook.application.name if webhook.application else "",
        "state": webhook.get_state_display(),
        "tone": TONES[Webhook.State(webhook.state)],
        "last": last and delivery_state(last),
    }


def delivery_state(delivery: WebhookDelivery) -> dict[str, Any]:
    """What became of a message, in few words."""
    answer = delivery.get_last_fault_display() if delivery.last_fault else ""
    if delivery.last_status:
        answer = _("answered %(status)s") % {"status": delivery.last_status}
    return {
        "state": delivery.get_state_display(),
        "tone": DELIVERY_TONES[WebhookDelivery.State(delivery.state)],
        "answer": answer,
        "created_at": delivery.created_at,
    }
