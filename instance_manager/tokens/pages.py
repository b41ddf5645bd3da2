"""The pages about one token, anybody's: everything recorded, rotating it, ending an old value, revoking it."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms.submission import sent
from accounts.http import SignedInRequest
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import application_url
from instance_manager.tokens.lists import creation_url
from instance_manager.tokens.site import ALL_TOKENS
from reference_tokens.pages.confirm_form import ReasonForm
from reference_tokens.pages.details import show_token, with_everything
from reference_tokens.pages.renaming import ask_or_rename
from reference_tokens.pages.revocation import ask_or_revoke
from reference_tokens.pages.rotation import ask_or_end, ask_or_rotate


@require_safe
@administrator_required
def token_detail(request: SignedInRequest, token_id: uuid.UUID) -> HttpResponse:
    """A token, anybody's: everything recorded, its chain, its use and its events."""
    token = get_object_or_404(with_everything(ALL_TOKENS.tokens(request)), pk=token_id)
    return show_token(
        request,
        ALL_TOKENS,
        token,
        # Nobody issues a PAT for somebody else.
        form_url="" if token.holder else creation_url(token.application_id),
        back_url=application_url(token.application_id),
        back_label=token.application.name,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
def token_rename(request: SignedInRequest, token_id: uuid.UUID) -> HttpResponse:
    """Ask what to call a token, anybody's, or do it."""
    return ask_or_rename(request, ALL_TOKENS, token_id)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def token_rotate(request: SignedInRequest, token_id: uuid.UUID) -> HttpResponse:
    """Ask how to rotate a SAT, do it, and show the new value this once. A PAT only its holder rotates."""
    return ask_or_rotate(request, ALL_TOKENS, token_id)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
def token_end(request: SignedInRequest, replaced_id: uuid.UUID) -> HttpResponse:
    """Ask whether to end an old value, anybody's, or do it."""
    return ask_or_end(request, ALL_TOKENS, replaced_id)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
def token_revoke(request: SignedInRequest, token_id: uuid.UUID) -> HttpResponse:
    """Ask whether and why to revoke a token, anybody's, or do it."""
    return ask_or_revoke(request, ALL_TOKENS, token_id, ReasonForm(sent(request)))
