"""Registering a Resource Server and changing it."""

from __future__ import annotations

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
from instance_manager.addresses import server_url
from instance_manager.pages import MANAGE
from instance_manager.resource_servers.forms import ResourceServerForm
from instance_manager.resource_servers.secrets import secret_page
from reference_tokens.lifecycle.resource_server_registration import (
    create_resource_server,
    server_settings,
    update_resource_server,
)
from reference_tokens.models import ResourceServer


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@sensitive_variables("secret")
def resource_server_create(request: SignedInRequest) -> HttpResponse:
    """Register a Resource Server, and show its secret this once."""
    form = ResourceServerForm(sent(request), initial=resumed_values(request, ResourceServerForm))
    if request.method != "POST":
        return server_form_page(request, form)
    create = partial(create_resource_server, actor=actor_of(request, Source.MANAGE), now=timezone.now())
    try:
        server, secret = submit(form, create)
    except FormRefused as refused:
        return server_form_page(request, form, status=refused.status)
    return secret_page(request, server, secret)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def resource_server_edit(request: SignedInRequest, server_id: int) -> HttpResponse:
    """Change or disable a Resource Server, from its next question on."""
    server = get_object_or_404(ResourceServer, pk=server_id)
    if request.method != "POST":
        # The version first: a change between the two is then noticed, and not undone.
        version = opening(request, server_settings(server))
        form = ResourceServerForm(instance=server, initial=resumed_values(request, ResourceServerForm))
        return server_form_page(request, form, **version)
    form, actor = ResourceServerForm(request.POST, instance=server), actor_of(request, Source.MANAGE)
    opened = opened_with(request)
    try:
        submit(
            form, partial(update_resource_server, actor=actor, server_id=server_id, now=timezone.now(), opened=opened)
        )
    except FormRefused as refused:
        return server_form_page(request, form, status=refused.status, **refused.context)
    text = _("The changes to %(name)s were saved.") % {"name": form.cleaned_data["name"]}
    return MANAGE.tell(request, text, url=server_url(server_id))


def server_form_page(
    request: SignedInRequest, form: ResourceServerForm, *, status: int = 200, **edited: Any
) -> HttpResponse:
    """The form of a new or a known Resource Server."""
    known = form.instance if form.instance.pk else None
    return MANAGE.form(
        request,
        form,
        template="instance_manager/resource_server_form.html",
        status=status,
        heading=_("Edit Resource Server") if known else _("New Resource Server"),
        back_url=server_url(known.pk) if known else reverse("manage:resource_server_list"),
        back_label=form.initial.get("name", "") if known else _("Resource Servers"),
        submit_label=_("Save changes") if known else _("Register Resource Server"),
        **edited,
    )
