"""The language of a page: that of a person who chose one, else that of this browser, else what the browser asks for."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST

from accounts.audit.record import Actor, Source
from accounts.http import client_address, leads_here
from accounts.people.personal_info import change_personal_info

A_YEAR = 365 * 24 * 3600


class LanguageMiddleware:
    """Show pages in the language of the browser; below, those of a signed-in person are shown in the one they chose."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, with what it depends on."""
        language = translation.get_language_from_request(request).lower()
        with translation.override(language):
            response = self.get_response(request)
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        return in_language(response, language)


def in_language(response: HttpResponse, language: str) -> HttpResponse:
    """The answer, which says its language where it is a page."""
    if response.headers.get("Content-Type", "").startswith("text/html"):
        response.headers.setdefault("Content-Language", language)
    return response


@require_POST
def language_choose(request: HttpRequest) -> HttpResponse:
    """Keep the choice of language, in the profile too for who is signed in, and go back to the page it was made on."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest("Choose one of the languages.", content_type="text/plain")
    if request.user.is_authenticated:
        user, now = request.user, timezone.now()
        actor = Actor.person(user, Source.PROFILE, address=client_address(request))
        change_personal_info(actor=actor, user=user, language=language, now=now)
    target = request.POST.get("next", "")
    response = HttpResponseRedirect(target if leads_here(request, target) else "/")
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=A_YEAR,
        secure=settings.IS_PRODUCTION,
        httponly=True,
        samesite="Lax",
    )
    return response
