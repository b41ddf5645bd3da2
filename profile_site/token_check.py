"""Check a token: one of the person's own, as the Resource Servers of its applications would be answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms.choosing import SEARCH
from accounts.http import SignedInRequest
from accounts.sign_in.decorators import signed_in_required
from profile_site.pages import PROFILE
from profile_site.tokens import OWN_TOKENS, own_tokens
from reference_tokens.lists.search import holds_token, without_token_in_search
from reference_tokens.models import ResourceServer
from reference_tokens.pages.checking.form import ServerField
from reference_tokens.pages.checking.views import ask_or_check

if TYPE_CHECKING:
    from django.db.models import QuerySet


def servers_asking(request: SignedInRequest) -> QuerySet[ResourceServer]:
    """The Resource Servers that ask about some application of the person's tokens; others are not theirs to know."""
    registered = ResourceServer.applications.through.objects.filter(
        resourceserver=OuterRef("pk"), trustedapplication__in=own_tokens(request).order_by().values("application")
    )
    return ResourceServer.objects.filter(Q(asks_for_all_applications=True) | Q(Exists(registered)))


def server_field(request: SignedInRequest, **options: Any) -> ServerField:
    """The choice of one of them, or none."""
    return ServerField(choices="profile:choices_server", servers=servers_asking(request), **options)


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
def token_check(request: SignedInRequest) -> HttpResponse:
    """Ask for one of the person's tokens and who asks about it, and say what they would be answered."""
    text = _("The APIs that ask about your applications are listed. Any other refuses your tokens.")
    return ask_or_check(
        request, OWN_TOKENS, server_field(request, label=_("Asked by"), help_text=text), is_administrator=False
    )


@require_safe
@signed_in_required
@without_token_in_search
def server_choices(request: SignedInRequest) -> HttpResponse:
    """The Resource Servers that the words find among those: twenty at the most."""
    words = request.GET.get(f"server{SEARCH}", "")
    field = server_field(request)
    parts = field.widget.parts("server", request.GET.get("server"), "" if holds_token(words) else words)
    return PROFILE.page(request, "partials/chooser_answer.html", parts)
