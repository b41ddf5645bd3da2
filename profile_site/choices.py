"""The search for one of many applications, answered while it is typed into the form that issues a token."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.forms.choosing import SEARCH
from accounts.http import SignedInRequest
from accounts.sign_in.decorators import signed_in_required
from profile_site.forms import ApplicationField
from profile_site.pages import PROFILE
from reference_tokens.lists.search import holds_token, without_token_in_search
from trusted_apps.models import TrustedApplication


@require_safe
@signed_in_required
@without_token_in_search
def application_choices(request: SignedInRequest) -> HttpResponse:
    """The applications that the person may issue for and the words find: twenty at the most."""
    field = ApplicationField()
    field.queryset = TrustedApplication.objects.open_to(request.user).order_by("name", "id")
    words = request.GET.get(f"application{SEARCH}", "")
    parts = field.widget.parts("application", request.GET.get("application"), "" if holds_token(words) else words)
    return PROFILE.page(request, "partials/chooser_answer.html", parts)
