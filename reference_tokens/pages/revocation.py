"""Revoking one token, on both sites: the question before it, and what is said after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.forms.fingerprints import SetChanged
from reference_tokens.lifecycle.old_values import live_chain
from reference_tokens.lifecycle.revocation import revoke_with_old_values
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.last_use import last_use_warning
from reference_tokens.pages.old_values import (
    REVOKE_THEM,
    REVOKED_TOO,
    chain_question,
    old_values_choice,
    old_values_outcome,
)

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from django import forms
    from django.http import HttpResponse

    from accounts.http import SignedInRequest
    from reference_tokens.pages.token_site import TokenSite


def ask_or_revoke(request: SignedInRequest, pages: TokenSite, token_id: uuid.UUID, form: forms.Form) -> HttpResponse:
    """Ask whether to revoke a token, or do it; the form asks for a reason, on a site that wants one."""
    now = timezone.now()
    token = pages.token_or_404(request, token_id)
    if not form.is_valid():
        return ask_to_revoke(request, pages, token, form, now, status=422 if form.is_bound else 200)
    choice = old_values_choice(request.POST)
    try:
        revoked = revoke_with_old_values(
            actor=pages.actor(request),
            token_id=token.pk,
            now=now,
            reason=form.cleaned_data.get("reason", ""),
            with_old_values=choice.acts,
            shown=choice.seen,
        )
    except SetChanged:
        return ask_to_revoke(request, pages, token, form, now, status=409, has_changed=True)
    return pages.tell(request, token, now, revoked_text(token, revoked, now))


def ask_to_revoke(
    request: SignedInRequest,
    pages: TokenSite,
    token: ReferenceToken,
    form: forms.Form,
    now: datetime,
    **answer: Any,
) -> HttpResponse:
    """What somebody needs to know before they revoke a token."""
    chain = live_chain(token.pk, now)
    sent = request.POST if form.is_bound else None
    has_changed = answer.pop("has_changed", False)
    return pages.ask(
        request,
        token,
        now,
        partial_name="partials/token_revoke.html",
        form=form,
        consequence=last_use_warning(token),
        old_values=chain_question(chain, chain.old_values, REVOKE_THEM, sent, has_changed=has_changed),
        submit_label=_("Revoke token"),
        **answer,
    )


def revoked_text(token: ReferenceToken, revoked: list[ReferenceToken], now: datetime) -> str:
    """What is said after a revocation, of the token and of the old values beside it; an expired one is not revoked."""
    if not revoked and token.state(now) == ReferenceToken.State.EXPIRED:
        return _("%(name)s has expired and stays as it is.") % {"name": token.display_name}
    left = live_chain(token.pk, now).old_values
    text = _("%(name)s was revoked. What uses it fails from now on.") % {"name": token.display_name}
    return text + old_values_outcome(len(revoked[1:]), len(left), REVOKED_TOO)
