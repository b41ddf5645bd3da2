"""The secrets of a webhook: shown once, replaced, and the former one ended."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.http import SignedInRequest, actor_of
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import webhook_url
from instance_manager.pages import MANAGE
from reference_tokens.models import Webhook
from reference_tokens.webhooks.registration import end_former_secret, replace_secret


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@sensitive_variables("secret")
def webhook_secret_replace(request: SignedInRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Ask whether to replace the secret, or do it and show the new one this once."""
    webhook = get_object_or_404(Webhook, pk=webhook_id)
    if request.method != "POST":
        return MANAGE.ask(
            request,
            heading=_("Replace the secret?"),
            lines=[
                _("For 24 hours each message carries two signatures, of the new secret and of the one before."),
                _("Give the new secret to the receiver within that time."),
            ],
            submit_label=_("Replace secret"),
            cancel_url=webhook_url(webhook_id),
            keep_label=_("Keep secret"),
        )
    actor = actor_of(request, Source.MANAGE)
    webhook, secret = replace_secret(actor=actor, webhook_id=webhook_id, now=timezone.now())
    return secret_page(request, webhook, secret)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def webhook_secret_end(request: SignedInRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Ask whether to end the former secret now, or do it."""
    get_object_or_404(Webhook, pk=webhook_id)
    if request.method != "POST":
        return MANAGE.ask(
            request,
            heading=_("End the former secret?"),
            lines=[_("From the next message on a receiver that knows only this one refuses what it is sent.")],
            submit_label=_("End former secret"),
            cancel_url=webhook_url(webhook_id),
            keep_label=_("Keep both"),
            is_dangerous=True,
        )
    actor = actor_of(request, Source.MANAGE)
    did = end_former_secret(actor=actor, webhook_id=webhook_id, now=timezone.now())
    text = _("The former secret was ended.") if did else _("The former secret had ended already.")
    return MANAGE.tell(request, text, url=webhook_url(webhook_id))


@sensitive_variables("secret", "context")
def secret_page(request: SignedInRequest, webhook: Webhook, secret: str) -> HttpResponse:
    """The one answer that holds the secret (T22)."""
    context = {
        "of_what": format_html("<code>{}</code>", webhook.url),
        "plaintext": secret,
        "text": _("The receiver verifies each message with it. It cannot be shown again."),
        "gone": _("The secret was shown once and cannot be shown again. If you did not store it, replace it."),
        "done_url": webhook_url(webhook.pk),
        "back_label": _("Back to the webhook"),
    }
    return MANAGE.page(request, "instance_manager/secret_shown_once.html", context)
