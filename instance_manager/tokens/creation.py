"""Creating a token of an application, which acts as its System User."""

from __future__ import annotations

import uuid
from dataclasses import replace
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import application_url
from instance_manager.tokens.lists import obstacle_to_creating
from instance_manager.tokens.site import ALL_TOKENS
from reference_tokens.lifecycle.issuance import issue_sat
from reference_tokens.pages.issuing.creation import issue_as_asked, no_application, show_token_form
from reference_tokens.pages.issuing.form_links import prefiller_of
from reference_tokens.pages.issuing.forms import TokenForm
from trusted_apps.models import TrustedApplication


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def token_create(request: SignedInRequest, application_id: uuid.UUID) -> HttpResponse:
    """Ask what the SAT shall be, issue it, and show it this once."""
    application = get_object_or_404(TrustedApplication.objects.select_related("system_user"), pk=application_id)
    return ask_or_issue(request, application, back_url=application_url(application.pk))


def ask_or_issue(request: SignedInRequest, application: TrustedApplication, *, back_url: str) -> HttpResponse:
    """Ask what the SAT shall be, issue it, and show it this once; the list to which that leads back is named."""
    now, pages = timezone.now(), replace(ALL_TOKENS, list_url=lambda _token: back_url)
    known: dict[str, Any] = {"application": application, "now": now, "time_zone": request.user.time_zone}
    if request.method != "POST":
        return show_form(request, TokenForm(None, prefiller=prefiller_of(request), **known), application, back_url)
    form = TokenForm(request.POST, **known)
    if not form.is_valid():
        return show_form(request, form, application, back_url, status=422)
    issue = partial(issue_sat, application=application)
    show_again = partial(show_form, request, form, application, back_url)
    return issue_as_asked(request, pages, form, issue, show_form_again=show_again, now=now)


def show_form(
    request: SignedInRequest, form: TokenForm, application: TrustedApplication, back_url: str, *, status: int = 200
) -> HttpResponse:
    """The form; or why nothing can be issued."""
    blocked = no_application(obstacle_to_creating(application), title=_("No token can be issued for this application"))
    return show_token_form(
        request,
        ALL_TOKENS,
        form,
        heading=_("New application access token"),
        lead=acts_as_text(application),
        submit_url=request.path,
        cancel_url=back_url,
        status=status,
        application=application,
        acts_as=application.system_user.name_beside_others if application.system_user else "",
        **blocked,
    )


def acts_as_text(application: TrustedApplication) -> str:
    """Whom the token will act as: never the person who creates it."""
    if application.system_user is None:
        return ""
    return _("It acts as the System User %(name)s, not as you.") % {"name": application.system_user.name_beside_others}
