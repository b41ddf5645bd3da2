"""Pausing, resuming and deleting a webhook."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.http import SignedInRequest, actor_of
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import webhook_url
from instance_manager.pages import MANAGE
from reference_tokens.models import Webhook
from reference_tokens.webhooks.registration import delete_webhook, set_paused


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def webhook_pause(request: SignedInRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Ask whether to pause a webhook, or do it."""
    webhook = get_object_or_404(Webhook, pk=webhook_id)
    if request.method != "POST":
        return MANAGE.ask(
            request,
            heading=_("Pause messages to %(host)s?") % {"host": webhook.host},
            lines=[
                _("Messages that wait are kept, and sent when you resume the webhook."),
                _("What happens during the pause is not told, then or later."),
            ],
            submit_label=_("Pause webhook"),
            cancel_url=webhook_url(webhook_id),
            keep_label=_("Keep sending"),
        )
    set_paused(actor=actor_of(request, Source.MANAGE), webhook_id=webhook_id, now=timezone.now(), is_paused=True)
    return MANAGE.tell(request, _("The webhook is paused."), url=webhook_url(webhook_id))


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def webhook_resume(request: SignedInRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Ask whether to resume a webhook, or do it."""
    webhook = get_object_or_404(Webhook, pk=webhook_id)
    if request.method != "POST":
        return MANAGE.ask(
            request,
            heading=_("Resume messages to %(host)s?") % {"host": webhook.host},
            lines=[_("It is told what happens from now on. Messages that waited are sent.")],
            submit_label=_("Resume webhook"),
            cancel_url=webhook_url(webhook_id),
            keep_label=_("Cancel"),
        )
    set_paused(actor=actor_of(request, Source.MANAGE), webhook_id=webhook_id, now=timezone.now(), is_paused=False)
    return MANAGE.tell(request, _("The webhook is active."), url=webhook_url(webhook_id))


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def webhook_delete(request: SignedInRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Ask whether to delete a webhook, or do it."""
    webhook = get_object_or_404(Webhook, pk=webhook_id)
    if request.method != "POST":
        return MANAGE.ask(
            request,
            heading=_("Delete the webhook to %(host)s?") % {"host": webhook.host},
            lines=[_("Its messages are deleted with it, sent or not. This cannot be undone.")],
            submit_label=_("Delete webhook"),
            cancel_url=webhook_url(webhook_id),
            keep_label=_("Keep webhook"),
            is_dangerous=True,
        )
    delete_webhook(actor=actor_of(request, Source.MANAGE), webhook_id=webhook_id, now=timezone.now())
    return MANAGE.tell(request, _("The webhook was deleted."), url=reverse("manage:webhook_list"))
