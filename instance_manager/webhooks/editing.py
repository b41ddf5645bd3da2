"""Adding a webhook and changing it."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.editing import opened_with, opening
from accounts.forms.resumed_form import resumed_values
from accounts.forms.submission import FormRefused, sent, submit
from accounts.http import SignedInRequest, actor_of
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import webhook_url
from instance_manager.pages import MANAGE
from instance_manager.webhooks.forms import WebhookForm
from instance_manager.webhooks.secrets import secret_page
from reference_tokens.models import Webhook
from reference_tokens.webhooks.registration import create_webhook, update_webhook
from reference_tokens.webhooks.rows import webhook_settings


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@sensitive_variables("secret")
def webhook_create(request: SignedInRequest) -> HttpResponse:
    """Add a webhook, and show its secret this once."""
    form = WebhookForm(sent(request), initial=resumed_values(request, WebhookForm))
    if request.method != "POST":
        return webhook_form_page(request, form)
    create = partial(create_webhook, actor=actor_of(request, Source.MANAGE), now=timezone.now())
    try:
        webhook, secret = submit(form, create)
    except FormRefused as refused:
        return webhook_form_page(request, form, status=refused.status)
    return secret_page(request, webhook, secret)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def webhook_edit(request: SignedInRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Change a webhook; messages that wait go to its new address."""
    webhook = get_object_or_404(Webhook.objects.select_related("application"), pk=webhook_id)
    if request.method != "POST":
        # The version first: a change between the two is then noticed, and not undone.
        version = opening(request, webhook_settings(webhook))
        form = WebhookForm(instance=webhook, initial=resumed_values(request, WebhookForm))
        return webhook_form_page(request, form, **version)
    form, opened = WebhookForm(request.POST, instance=webhook), opened_with(request)
    actor = actor_of(request, Source.MANAGE)
    update = partial(update_webhook, actor=actor, webhook_id=webhook_id, now=timezone.now(), opened=opened)
    try:
        submit(form, update)
    except FormRefused as refused:
        return webhook_form_page(request, form, status=refused.status, **refused.context)
    return MANAGE.tell(request, _("The changes to the webhook were saved."), url=webhook_url(webhook_id))


def webhook_form_page(request: SignedInRequest, form: WebhookForm, *, status: int = 200, **edited: Any) -> HttpResponse:
    """The form of a new or a known webhook."""
    is_new = form.instance._state.adding  # noqa: SLF001 - as Django's own forms ask
    return MANAGE.form(
        request,
        form,
        status=status,
        heading=_("New webhook") if is_new else _("Edit webhook"),
        back_url=reverse("manage:webhook_list") if is_new else webhook_url(form.instance.pk),
        back_label=_("Webhooks") if is_new else form.initial.get("description") or form.instance.host,
        submit_label=_("Add webhook") if is_new else _("Save changes"),
        **edited,
    )
