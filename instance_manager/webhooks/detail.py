"""The page of a webhook: its facts, and the messages of the last weeks."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.sign_in.decorators import administrator_required
from instance_manager.addresses import application_url
from instance_manager.pages import MANAGE
from instance_manager.searchable_lists import chosen_state, views
from instance_manager.webhooks.listing import TONES, delivery_state
from reference_tokens.lists.capped_count import capped_count
from reference_tokens.models import Webhook, WebhookDelivery

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE_SIZE = 50
# The ids of rows have fewer.
MOST_DIGITS = 19


@require_safe
@administrator_required
def webhook_detail(request: SignedInRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """One webhook: its facts, what can be done with it, and its messages, the newest first."""
    webhook = get_object_or_404(Webhook.objects.select_related("application"), pk=webhook_id)
    context = webhook_facts(webhook) | deliveries_of(webhook, request.GET)
    return MANAGE.page(request, "instance_manager/webhook_detail.html", context)


def webhook_facts(webhook: Webhook) -> dict[str, Any]:
    """The webhook as its page shows it."""
    application = webhook.application
    return {
        "webhook": webhook,
        "name": webhook.description or webhook.host,
        "state": webhook.get_state_display(),
        "tone": TONES[Webhook.State(webhook.state)],
        "application": {"name": application.name, "url": application_url(application.pk)} if application else None,
        "both_until": webhook.former_secret_until if webhook.has_former_secret(timezone.now()) else None,
        "back_url": reverse("manage:webhook_list"),
        "back_label": _("Webhooks"),
        "edit_url": reverse("manage:webhook_edit", args=[webhook.pk]),
    }


def deliveries_of(webhook: Webhook, query: Mapping[str, str]) -> dict[str, Any]:
    """The page of its messages that the address asks for."""
    kept = chosen_state(WebhookDelivery.State, query)
    deliveries = webhook.deliveries.filter(**kept)
    after = query.get("after", "")
    older = deliveries.filter(pk__lt=int(after)) if after.isdecimal() and len(after) < MOST_DIGITS else deliveries
    found = list(older.order_by("-pk")[: PAGE_SIZE + 1])
    shown, count = found[:PAGE_SIZE], capped_count(deliveries)
    return {
        "deliveries": [delivery_row(delivery) for delivery in shown],
        "count_label": ngettext("%(count)s message", "%(count)s messages", count.plural) % {"count": count},
        "views": views(WebhookDelivery.State, kept),
        "is_filtered": bool(kept),
        "clear_url": "?",
        "page": {
            "newer_url": "?" + urlencode(kept) if older is not deliveries else "",
            "older_url": "?" + urlencode(kept | {"after": shown[-1].pk}) if len(found) > PAGE_SIZE else "",
            "newer_label": _("Newest"),
        },
    }


def delivery_row(delivery: WebhookDelivery) -> dict[str, Any]:
    """A message as the list shows it."""
    return delivery_state(delivery) | {
        "id": delivery.pk,
        "type": delivery.type,
        "about": about(delivery),
        "attempts": delivery.attempts,
        "next_at": delivery.next_at,
        "done_at": delivery.done_at,
        "url": reverse("manage:delivery_detail", args=[delivery.webhook_id, delivery.message_id]),
    }


def about(delivery: WebhookDelivery) -> str:
    """What tells a message from others of its type: a token and its application, or the action of an entry."""
    data = json.loads(delivery.payload)["data"]
    return " · ".join(data[name] for name in ("hint", "application", "action") if name in data)
