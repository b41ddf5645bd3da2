"""The secrets of a Resource Server: adding a second one, and removing one."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.submission import in_one_text
from accounts.http import SignedInRequest, actor_of
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import server_url
from instance_manager.pages import MANAGE
from reference_tokens.lifecycle.resource_server_registration import add_secret, remove_secret
from reference_tokens.models import ResourceServer


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@sensitive_variables("secret")
def secret_add(request: SignedInRequest, server_id: int) -> HttpResponse:
    """Ask whether to add a second secret, or add it and show it this once."""
    server = get_object_or_404(ResourceServer, pk=server_id)
    if request.method != "POST":
        return ask_about_secret(
            request,
            server,
            heading=_("Add a second secret"),
            text=_("Both secrets work until you remove one, so the API can change without a gap."),
            submit_label=_("Add secret"),
        )
    try:
        _stored, secret = add_secret(actor=actor_of(request, Source.MANAGE), server_id=server_id, now=timezone.now())
    except ValidationError as refused:
        return MANAGE.tell(request, in_one_text(refused), url=server_url(server_id), tone="bad")
    return secret_page(request, server, secret)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def secret_remove(request: SignedInRequest, server_id: int, secret_id: int) -> HttpResponse:
    """Ask whether to remove a secret, or do it."""
    server = get_object_or_404(ResourceServer, pk=server_id)
    if request.method != "POST":
        secret = get_object_or_404(server.secrets, pk=secret_id)
        return ask_about_secret(
            request,
            server,
            heading=_("Remove the secret %(hint)s") % {"hint": secret.hint},
            text=_("Requests with it are refused at once. This cannot be undone."),
            submit_label=_("Remove secret"),
            is_dangerous=True,
        )
    actor, tell = actor_of(request, Source.MANAGE), partial(MANAGE.tell, request, url=server_url(server_id))
    try:
        removed = remove_secret(actor=actor, server_id=server_id, secret_id=secret_id, now=timezone.now())
    except ValidationError as refused:
        return tell(in_one_text(refused), tone="bad")
    return tell(_("The secret was removed.")) if removed else tell(_("This secret no longer exists."), tone="")


def ask_about_secret(request: SignedInRequest, server: ResourceServer, **context: Any) -> HttpResponse:
    """Ask before something is done to a secret."""
    partial_name = "instance_manager/partials/secret_question.html"
    return MANAGE.ask(request, partial_name, server=server, cancel_url=server_url(server.pk), **context)


@sensitive_variables("secret", "context")
def secret_page(request: SignedInRequest, server: ResourceServer, secret: str) -> HttpResponse:
    """The one answer that holds the secret (T22)."""
    context = {
        "of_what": format_html("<bdi>{}</bdi> · <code>{}</code>", server.name, server.client_id),
        "plaintext": secret,
        "text": _("Store it where the API reads its secrets. It cannot be shown again."),
        "gone": _(
            "The secret was shown once and cannot be shown again. If you did not store it, add another one and remove "
            "this one."
        ),
        "done_url": server_url(server.pk),
        "back_label": _("Back to the Resource Server"),
    }
    return MANAGE.page(request, "instance_manager/secret_shown_once.html", context)
