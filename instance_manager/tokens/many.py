"""Acting on many tokens of the instance at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.views.decorators.http import require_http_methods

from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import inventory_url
from instance_manager.tokens.lists import inventory_filter_form
from instance_manager.tokens.site import ALL_TOKENS
from reference_tokens.lists.finding.words import id_in
from reference_tokens.pages.many.acts import RESUME, RESUME_CHOSEN, REVOKE, SUSPEND
from reference_tokens.pages.many.selection import TOGETHER, ManySite
from reference_tokens.pages.many.shortening import ask_or_shorten
from reference_tokens.pages.many.views import ask_or_act, chosen_nothing

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.http import SignedInRequest

INVENTORY = ManySite(ALL_TOKENS, inventory_url, inventory_filter_form, resume="manage:tokens_resume")


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def tokens_revoke(request: SignedInRequest) -> HttpResponse:
    """Ask whether to revoke the tokens that the address chooses, or do it."""
    return ask_or_act(request, INVENTORY, REVOKE)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def tokens_suspend(request: SignedInRequest) -> HttpResponse:
    """Ask whether to suspend the tokens that the address chooses, or do it."""
    return ask_or_act(request, INVENTORY, SUSPEND)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def tokens_resume(request: SignedInRequest) -> HttpResponse:
    """Ask whether to resume the tokens that the address chooses, or that were suspended together, or do it."""
    query = request.POST if request.method == "POST" else request.GET
    if TOGETHER not in query:
        return ask_or_act(request, INVENTORY, RESUME_CHOSEN)
    if id_in(query[TOGETHER]) is None:
        return chosen_nothing(request, INVENTORY)
    return ask_or_act(request, INVENTORY, RESUME)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def tokens_shorten(request: SignedInRequest) -> HttpResponse:
    """Ask until when the tokens may live that the address chooses, or shorten their lives."""
    return ask_or_shorten(request, INVENTORY)
