"""Who the person is here."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.decorators import signed_in_required
from accounts.http import SignedInRequest
from profile_site.pages import page


@require_safe
@signed_in_required
def personal_info(request: SignedInRequest) -> HttpResponse:
    """Who the person is here."""
    groups = list(request.user.groups.order_by("name").values_list("name", flat=True))
    return page(request, "profile_site/personal_info.html", {"person": request.user, "groups": groups})
