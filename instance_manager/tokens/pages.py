"""Tokens in the hands of an administrator: SATs of an application, and revoking any token."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.audit.record import Source
from accounts.forms.fingerprints import SetChanged
from accounts.http import SignedInRequest, actor_of, moved_to, wants_partial
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import application_url
from instance_manager.pages import page
from instance_manager.tokens.forms import ReasonForm
from instance_manager.tokens.lists import (
    LINKS,
    application_section,
    list_behind,
    obstacle_to_creating,
)
from reference_tokens.lifecycle.issuance import AlreadyIssued, IssuingRefused, issue_sat
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.dialogs import (
    already_issued,
    question_urls,
    refused_because,
    revocation_question,
    revoked_as_asked,
    shown_once,
    token_request_of,
)
from reference_tokens.pages.form_links import prefiller_of
from reference_tokens.pages.forms import TokenForm
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from datetime import datetime


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@vary_on_headers("HX-Request")
def token_create(request: SignedInRequest, application_id: uuid.UUID) -> HttpResponse:
    """Ask what the SAT shall be, issue it, and show it this once."""
    now = timezone.now()
    application = get_object_or_404(TrustedApplication.objects.select_related("system_user"), pk=application_id)
    known: dict[str, Any] = {"applications": [application], "now": now, "time_zone": request.user.time_zone}
    if request.method != "POST":
        form = TokenForm(None, prefiller=prefiller_of(request), **known)
        return form_page(request, form, application)
    form = TokenForm(request.POST, **known)
    if not form.is_valid():
        return form_page(request, form, application, status=422)
    return issue(request, form, application, now)


@sensitive_variables("issued", "context")
def issue(request: SignedInRequest, form: TokenForm, application: TrustedApplication, now: datetime) -> HttpResponse:
    """Issue what a valid form asks for."""
    actor = actor_of(request, Source.MANAGE)
    list_url = application_url(application.pk)
    try:
        token_request = token_request_of(form, request.POST)
        issued = issue_sat(actor=actor, application=application, token_request=token_request, now=now)
    except AlreadyIssued as already:
        context = already_issued(already.token, request.POST, now, submit_url=request.path, cancel_url=list_url)
        return create_page(request, "already_issued", context)
    except (IssuingRefused, ValidationError) as refused:
        form.add_error(None, refused_because(refused))
        return form_page(request, form, application, status=422)
    context = shown_once(issued, now, done_url=list_url)
    return create_page(request, "shown_once", context | application_section(application, {}, now, issued.token.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@vary_on_headers("HX-Request")
def token_revoke(request: SignedInRequest, token_id: uuid.UUID) -> HttpResponse:
    """Ask whether and why to revoke a token, anybody's, or do it."""
    now = timezone.now()
    tokens = ReferenceToken.objects.select_related("application__system_user", "holder", "last_used_server")
    token = get_object_or_404(tokens, pk=token_id)
    list_url = application_url(token.application_id)
    urls = question_urls(request, LINKS, token.pk, list_url=list_url)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    sent = request.POST if request.method == "POST" else None
    if sent is None or not form.is_valid():
        question = revocation_question(token, now, urls, asks_reason=True, sent=sent)
        return revocation_page(request, question | {"form": form}, status=422 if form.errors else 200)
    try:
        actor, reason = actor_of(request, Source.MANAGE), form.cleaned_data["reason"]
        text = revoked_as_asked(token, sent, actor=actor, now=now, reason=reason)
    except SetChanged:
        question = revocation_question(token, now, urls, asks_reason=True, sent=sent, has_changed=True)
        return revocation_page(request, question | {"form": form}, status=409)
    if wants_partial(request) and urls["cancel_url"] == list_url:
        context = list_behind(request, token.application, now) | {"toast": text}
        return page(request, "partials/token_list_changed.html", context)
    messages.success(request, text)
    return moved_to(request, urls["cancel_url"])


def revocation_page(request: SignedInRequest, question: dict[str, Any], *, status: int) -> HttpResponse:
    """The question before a revocation, in the dialog or on a page of its own."""
    template = "partials/token_revoke.html" if wants_partial(request) else "instance_manager/token_revoke.html"
    return page(request, template, question, status=status)


def form_page(
    request: SignedInRequest, form: TokenForm, application: TrustedApplication, *, status: int = 200
) -> HttpResponse:
    """The form, in the dialog or on a page of its own; or why nothing can be issued."""
    context: dict[str, Any] = {
        "form": form,
        "application_name": application.name,
        "application_uri": application.application_uri,
        "submit_url": request.path,
        "cancel_url": application_url(application.pk),
        "heading": _("New application access token"),
        "lead": lead(application),
    }
    obstacle = obstacle_to_creating(application)
    if obstacle:
        context["no_application"] = {
            "title": _("No token can be issued for this application"),
            "text": obstacle["reason"],
            "url": obstacle["reason_url"],
            "link_label": obstacle["reason_link_label"],
        }
    return create_page(request, "form", context, status=status)


def lead(application: TrustedApplication) -> str:
    """Whom the token will act as: never the person who creates it."""
    if application.system_user is None:
        return ""
    return _("It acts as the System User %(name)s, not as you.") % {"name": application.system_user.name_beside_others}


def create_page(request: SignedInRequest, body: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A step of creating a token: "form", "already_issued" or "shown_once"."""
    template = f"partials/token_{body}.html" if wants_partial(request) else "instance_manager/token_create.html"
    if wants_partial(request) and body == "shown_once":
        template = "partials/token_created.html"
    return page(request, template, context | {"body": body}, status=status)
