"""Suspending any token for a while, and letting it be good again (TOK-9)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.forms.fingerprints import SetChanged
from accounts.forms.submission import sent
from accounts.http import SignedInRequest
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.tokens.site import ALL_TOKENS
from reference_tokens.lifecycle.old_values import live_chain
from reference_tokens.lifecycle.suspension import resume_token, suspend_with_old_values
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.confirm_form import ReasonForm
from reference_tokens.pages.last_use import last_use_warning
from reference_tokens.pages.old_values import (
    STAYS_SUSPENDED,
    SUSPEND_THEM,
    SUSPENDED_TOO,
    chain_question,
    old_values_choice,
    old_values_outcome,
)

if TYPE_CHECKING:
    from datetime import datetime

State = ReferenceToken.State
# Said after either act: the state of the token, whatever else was done to it meanwhile.
OUTCOMES: dict[State, Promise] = {
    State.LIVE: gettext_lazy("%(name)s is not suspended any more."),
    State.SUSPENDED: gettext_lazy("%(name)s is suspended. What uses it fails until it is resumed."),
    State.EXPIRED: gettext_lazy("%(name)s has expired and stays as it is."),
    State.REVOKED: gettext_lazy("%(name)s is revoked and stays as it is."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
def token_suspend(request: SignedInRequest, token_id: uuid.UUID) -> HttpResponse:
    """Ask whether and why to suspend a token, anybody's, or do it."""
    now = timezone.now()
    token = ALL_TOKENS.token_or_404(request, token_id)
    form = ReasonForm(sent(request))
    if not form.is_valid():
        return ask_to_suspend(request, token, form, now, status=422 if form.is_bound else 200)
    choice = old_values_choice(request.POST)
    try:
        suspended = suspend_with_old_values(
            actor=ALL_TOKENS.actor(request),
            token_id=token_id,
            now=now,
            reason=form.cleaned_data["reason"],
            with_old_values=choice.acts,
            shown=choice.seen,
        )
    except SetChanged:
        return ask_to_suspend(request, token, form, now, status=409, has_changed=True)
    left = live_chain(token_id, now).old_values_in_use
    return tell_state(request, token_id, now, old_values_outcome(len(suspended[1:]), len(left), SUSPENDED_TOO))


def ask_to_suspend(  # noqa: PLR0913 - of what, when, and what was answered before
    request: SignedInRequest,
    token: ReferenceToken,
    form: ReasonForm,
    now: datetime,
    *,
    status: int,
    has_changed: bool = False,
) -> HttpResponse:
    """Ask before a token is suspended, with the old values that live on."""
    chain = live_chain(token.pk, now)
    return ALL_TOKENS.ask(
        request,
        token,
        now,
        form=form,
        heading=format_html(_("Suspend “{name}”?"), name=isolated_name(token)),
        text=_("What uses it fails at once, until an administrator resumes it."),
        consequence=last_use_warning(token),
        old_values=chain_question(chain, chain.old_values_in_use, SUSPEND_THEM, sent(request), has_changed=has_changed),
        submit_label=_("Suspend token"),
        keep_label=_("Keep token"),
        is_dangerous=True,
        status=status,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def token_resume(request: SignedInRequest, token_id: uuid.UUID) -> HttpResponse:
    """Ask whether to let a suspended token be good again, or do it."""
    now = timezone.now()
    token = ALL_TOKENS.token_or_404(request, token_id)
    if request.method != "POST":
        return ask_to_resume(request, token, now)
    resume_token(actor=ALL_TOKENS.actor(request), token_id=token_id, now=now)
    left = [old for old in live_chain(token_id, now).old_values if old.suspended_at]
    return tell_state(request, token_id, now, old_values_outcome(len(left), 0, STAYS_SUSPENDED))


def ask_to_resume(request: SignedInRequest, token: ReferenceToken, now: datetime) -> HttpResponse:
    """Ask before a token is resumed, with the reason for which it was suspended."""
    reason = token.why_suspended.in_words()
    return ALL_TOKENS.ask(
        request,
        token,
        now,
        heading=format_html(_("Resume “{name}”?"), name=isolated_name(token)),
        text=_("It is active again at once, until it expires or is revoked."),
        consequence=reason and _("Reason of the suspension: %(reason)s") % {"reason": reason},
        submit_label=_("Resume token"),
        keep_label=_("Keep it suspended"),
    )


def isolated_name(token: ReferenceToken) -> str:
    """Its name, for a heading: what people typed cannot turn the direction of the words around it."""
    return format_html("<bdi>{}</bdi>", token.display_name)


def tell_state(request: SignedInRequest, token_id: uuid.UUID, now: datetime, old_values_text: str) -> HttpResponse:
    """Say what has become of the token, and of its old values."""
    token = ALL_TOKENS.token_or_404(request, token_id)
    text = OUTCOMES[token.state(now)] % {"name": token.display_name} + old_values_text
    return ALL_TOKENS.tell(request, token, now, text)
