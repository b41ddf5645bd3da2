"""The theme of the interface, which a browser keeps in a cookie."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.views.decorators.http import require_POST

from accounts.http import leads_here
from accounts.pages.context import THEMES, theme_cookie

A_YEAR = 365 * 24 * 3600


@require_POST
def theme_choose(request: HttpRequest) -> HttpResponse:
    """Keep the browser's choice of theme in a cookie, and go back to the page it was made on."""
    theme = request.POST.get("theme", "")
    if theme not in THEMES:
        return HttpResponseBadRequest("Choose auto, light or dark.", content_type="text/plain")
    target = request.POST.get("next", "")
    response = HttpResponseRedirect(target if leads_here(request, target) else "/")
    response.set_cookie(
        theme_cookie(), theme, max_age=A_YEAR, secure=settings.IS_PRODUCTION, httponly=True, samesite="Lax"
    )
    return response
