"""Acting on many of a person's own tokens at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.views.decorators.http import require_http_methods

from accounts.sign_in.decorators import recent_sign_in_required, signed_in_required
from profile_site.tokens import OWN_TOKENS, own_filter_form, tokens_url
from reference_tokens.pages.many.acts import REVOKE
from reference_tokens.pages.many.selection import ManySite
from reference_tokens.pages.many.shortening import ask_or_shorten
from reference_tokens.pages.many.views import ask_or_act

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.http import SignedInRequest

OWN_LIST = ManySite(OWN_TOKENS, tokens_url, own_filter_form, is_of_one_owner=True)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
def tokens_revoke(request: SignedInRequest) -> HttpResponse:
    """Ask whether to revoke those of the person's own tokens that the address chooses, or do it."""
    return ask_or_act(request, OWN_LIST, REVOKE)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
def tokens_shorten(request: SignedInRequest) -> HttpResponse:
    """Ask until when those of the person's own tokens may live that the address chooses, or shorten their lives."""
    return ask_or_shorten(request, OWN_LIST)
