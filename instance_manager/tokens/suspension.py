"""Suspending any token for a while, and letting it be good again (TOK-9)."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.audit.record import Source
from accounts.forms.fingerprints import SetChanged
from accounts.http import SignedInRequest, actor_of, moved_to, wants_partial
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import application_url
from instance_manager.pages import page
from instance_manager.tokens.forms import ReasonForm
from instance_manager.tokens.lists import LINKS, list_behind
from reference_tokens.lifecycle.old_values import live_chain
from reference_tokens.lifecycle.suspension import resume_token, suspend_with_old_values
from reference_tokens.lists.rows import token_row
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.dialogs import consequence, question_urls
from reference_tokens.pages.old_values import (
    STAYS_SUSPENDED,
    SUSPEND_THEM,
    SUSPENDED_TOO,
    asked,
    chain_context,
    outcome_text,
)

State = ReferenceToken.State
# What is said after either act: whatever else was done meanwhile, this is how the token stands.
OUTCOMES: dict[State, Promise] = {
    State.LIVE: _lazy("%(name)s is not suspended any more."),
    State.SUSPENDED: _lazy("%(name)s is suspended. What uses it fails until it is resumed."),
    State.EXPIRED: _lazy("%(name)s has expired and stays as it is."),
    State.REVOKED: _lazy("%(name)s is revoked and stays as it is."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@vary_on_headers("HX-Request")
def token_suspend(request: SignedInRequest, token_id: uuid.UUID) -> HttpResponse:
    """Ask whether and why to suspend a token, anybody's, or do it."""
    token = token_or_404(token_id)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return suspension_question(request, token, form, status=422 if form.errors else 200)
    wanted = asked(request.POST)
    try:
        suspended = suspend_with_old_values(
            actor=actor_of(request, Source.MANAGE),
            token_id=token_id,
            now=timezone.now(),
            reason=form.cleaned_data["reason"],
            with_old_values=wanted.acts,
            shown=wanted.seen,
        )
    except SetChanged:
        return suspension_question(request, token, form, status=409)
    left = live_chain(token_id, timezone.now()).old_values_in_use
    return done(request, token_id, also=outcome_text(len(suspended[1:]), len(left), SUSPENDED_TOO))


def suspension_question(
    request: SignedInRequest, token: ReferenceToken, form: ReasonForm, *, status: int
) -> HttpResponse:
    """Ask before a token is suspended, with the old values that live on."""
    sent = request.POST if request.method == "POST" else None
    chain = live_chain(token.pk, timezone.now())
    return question(
        request,
        token,
        form=form,
        heading=format_html(_("Suspend “{name}”?"), name=name_of(token)),
        text=_("What uses it fails at once, until an administrator resumes it."),
        consequence=consequence(token),
        old_values=chain_context(
            chain, chain.old_values_in_use, SUSPEND_THEM, sent, has_changed=status == HTTPStatus.CONFLICT
        ),
        submit_label=_("Suspend token"),
        keep_label=_("Keep token"),
        is_dangerous=True,
        status=status,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@vary_on_headers("HX-Request")
def token_resume(request: SignedInRequest, token_id: uuid.UUID) -> HttpResponse:
    """Ask whether to let a suspended token be good again, or do it."""
    token = token_or_404(token_id)
    reason = token.why_suspended.in_words()
    if request.method != "POST":
        return question(
            request,
            token,
            heading=format_html(_("Resume “{name}”?"), name=name_of(token)),
            text=_("It is good again at once, until it expires or is revoked."),
            consequence=reason and _("It was suspended for this reason: %(reason)s") % {"reason": reason},
            submit_label=_("Resume token"),
            keep_label=_("Keep it suspended"),
        )
    now = timezone.now()
    resume_token(actor=actor_of(request, Source.MANAGE), token_id=token_id, now=now)
    left = [old for old in live_chain(token_id, now).old_values if old.suspended_at]
    return done(request, token_id, also=outcome_text(len(left), 0, STAYS_SUSPENDED))


def token_or_404(token_id: uuid.UUID) -> ReferenceToken:
    """Any token, with what a question about it shows."""
    tokens = ReferenceToken.objects.select_related("application__system_user", "holder", "issuer", "last_used_server")
    return get_object_or_404(tokens, pk=token_id)


def name_of(token: ReferenceToken) -> str:
    """Its name, for a heading: what people typed cannot turn the direction of the words around it."""
    return format_html("<bdi>{}</bdi>", token.display_name)


def question(
    request: SignedInRequest, token: ReferenceToken, *, form: Any = None, status: int = 200, **context: Any
) -> HttpResponse:
    """Ask, in the dialog or on a page of its own."""
    template = "partials/token_question.html" if wants_partial(request) else "instance_manager/token_question.html"
    list_url = application_url(token.application_id)
    urls = question_urls(request, LINKS, token.pk, list_url=list_url)
    shown = {"token": token_row(token, timezone.now()), "form": form}
    return page(request, template, urls | shown | context, status=status)


def done(request: SignedInRequest, token_id: uuid.UUID, *, also: str = "") -> HttpResponse:
    """Say what has become of the token, and of its old values, beside the list as it is now or on its page."""
    token, now = token_or_404(token_id), timezone.now()
    list_url = application_url(token.application_id)
    urls = question_urls(request, LINKS, token_id, list_url=list_url)
    text = OUTCOMES[token.state(now)] % {"name": token.display_name} + also
    if wants_partial(request) and urls["cancel_url"] == list_url:
        context = list_behind(request, token.application, now) | {"toast": text}
        return page(request, "partials/token_list_changed.html", context)
    messages.success(request, text)
    return moved_to(request, urls["cancel_url"])
