"""The secrets of a Resource Server: adding a second one, and removing one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.http import SignedInRequest, actor_of
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import server_url
from instance_manager.pages import page
from reference_tokens.lifecycle.resource_server_registration import (
    add_secret,
    remove_secret,
)
from reference_tokens.models import ResourceServer
from reference_tokens.pages.dialogs import refused_because

if TYPE_CHECKING:
    pass


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@sensitive_variables("secret")
def secret_add(request: SignedInRequest, server_id: int) -> HttpResponse:
    """Ask whether to add a second secret, or do it and show it this once."""
    server = get_object_or_404(ResourceServer, pk=server_id)
    if request.method != "POST":
        return secret_question(
            request,
            server,
            heading=_("Add a second secret"),
            text=_("Both secrets are good until you remove one, so that the API can change without a gap."),
            submit_label=_("Add secret"),
        )
    try:
        _stored, secret = add_secret(actor=actor_of(request, Source.MANAGE), server_id=server_id, now=timezone.now())
    except ValidationError as error:
        messages.error(request, refused_because(error))
        return HttpResponseRedirect(server_url(server_id))
    return secret_page(request, server, secret)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def secret_remove(request: SignedInRequest, server_id: int, secret_id: int) -> HttpResponse:
    """Ask whether to remove a secret, or do it."""
    server = get_object_or_404(ResourceServer, pk=server_id)
    if request.method != "POST":
        secret = get_object_or_404(server.secrets, pk=secret_id)
        return secret_question(
            request,
            server,
            heading=_("Remove the secret %(hint)s") % {"hint": secret.hint},
            text=_("Whoever still asks with it is refused at once. This cannot be undone."),
            submit_label=_("Remove secret"),
            is_dangerous=True,
        )
    actor = actor_of(request, Source.MANAGE)
    try:
        if remove_secret(actor=actor, server_id=server_id, secret_id=secret_id, now=timezone.now()):
            messages.success(request, _("The secret was removed."))
        else:
            messages.info(request, _("This secret is not there any more."))
    except ValidationError as error:
        messages.error(request, refused_because(error))
    return HttpResponseRedirect(server_url(server_id))


def secret_question(request: SignedInRequest, server: ResourceServer, **context: Any) -> HttpResponse:
    """Ask before something is done to a secret."""
    address = {"submit_url": request.path, "cancel_url": server_url(server.pk), "server": server}
    return page(request, "instance_manager/resource_server_question.html", address | context)


@sensitive_variables("secret", "context")
def secret_page(request: SignedInRequest, server: ResourceServer, secret: str) -> HttpResponse:
    """The one answer that holds the secret (T22)."""
    context = {"server": server, "plaintext": secret, "done_url": server_url(server.pk)}
    return page(request, "instance_manager/resource_server_secret.html", context)
