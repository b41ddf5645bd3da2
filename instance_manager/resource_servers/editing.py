"""Registering a Resource Server and changing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.editing import conflict, opened_with, opening
from accounts.forms.resumed_form import resumed_values
from accounts.forms.versions import ChangedMeanwhile
from accounts.http import SignedInRequest, actor_of
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import server_url
from instance_manager.form_pages import form_page
from instance_manager.resource_servers.forms import ResourceServerForm
from instance_manager.resource_servers.secrets import secret_page
from reference_tokens.lifecycle.resource_server_registration import (
    create_resource_server,
    server_settings,
    update_resource_server,
)
from reference_tokens.models import ResourceServer
from reference_tokens.pages.dialogs import refused_because

if TYPE_CHECKING:
    pass


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@sensitive_variables("secret")
def resource_server_create(request: SignedInRequest) -> HttpResponse:
    """Register a Resource Server, and show its secret this once."""
    now = timezone.now()
    if request.method != "POST":
        return server_form_page(request, ResourceServerForm(initial=resumed_values(request, ResourceServerForm)))
    form = ResourceServerForm(request.POST)
    if not form.is_valid():
        return server_form_page(request, form, status=422)
    try:
        server, secret = create_resource_server(actor=actor_of(request, Source.MANAGE), now=now, **form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, refused_because(error))
        return server_form_page(request, form, status=422)
    return secret_page(request, server, secret)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def resource_server_edit(request: SignedInRequest, server_id: int) -> HttpResponse:
    """Change a Resource Server, or disable it: it is refused from its next question on."""
    server = get_object_or_404(ResourceServer, pk=server_id)
    if request.method != "POST":
        # The version first: what changes between the two is told then, and not undone.
        version = opening(request, server_settings(server))
        form = ResourceServerForm(instance=server, initial=resumed_values(request, ResourceServerForm))
        return server_form_page(request, form, **version)
    form = ResourceServerForm(request.POST, instance=server)
    if not form.is_valid():
        return server_form_page(request, form, status=422)
    asked: dict[str, Any] = {"server_id": server_id, "opened": opened_with(request)} | form.cleaned_data
    try:
        update_resource_server(actor=actor_of(request, Source.MANAGE), now=timezone.now(), **asked)
    except ChangedMeanwhile as changed:
        return server_form_page(request, form, status=409, **conflict(changed, form))
    except ValidationError as error:
        form.add_error(None, refused_because(error))
        return server_form_page(request, form, status=422)
    messages.success(request, _("The changes to %(name)s were saved.") % {"name": form.cleaned_data["name"]})
    return HttpResponseRedirect(server_url(server_id))


def server_form_page(
    request: SignedInRequest, form: ResourceServerForm, *, status: int = 200, **edited: Any
) -> HttpResponse:
    """The form of a new or a known Resource Server."""
    known = form.instance if form.instance.pk else None
    return form_page(
        request,
        form,
        template="instance_manager/resource_server_form.html",
        status=status,
        heading=_("Edit Resource Server") if known else _("New Resource Server"),
        back_url=server_url(known.pk) if known else reverse("manage:resource_server_list"),
        back_label=form.initial.get("name") if known else _("Resource Servers"),
        submit_label=_("Save changes") if known else _("Register Resource Server"),
        **edited,
    )
