"""Check a token: anybody's, as any Resource Server would be answered."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from accounts.sign_in.decorators import administrator_required
from instance_manager.choices import AskingServerField
from instance_manager.tokens.site import ALL_TOKENS
from reference_tokens.pages.checking.views import ask_or_check


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
def token_check(request: SignedInRequest) -> HttpResponse:
    """Ask for a token and who asks about it, and say what they would be answered; each check is recorded."""
    server = AskingServerField(label=_("Asked by"))
    return ask_or_check(request, ALL_TOKENS, server, is_administrator=True)
