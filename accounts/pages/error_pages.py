"""The pages of errors: with the navigation of the site where somebody is signed in, and alone for everybody else.

Those of 500 and 503 (`accounts.pages.unavailable`) always stand alone: what a navigation needs may be what fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.template.loader import render_to_string

from accounts.addresses import address_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

    from accounts.pages.site import Site

PROFILE, MANAGER = "own profile", "Instance Manager"
# Each by the name under which its start page is registered (`accounts.addresses`).
_sites: dict[str, Site] = {}


def register_site(name: str, site: Site) -> None:
    """Say which site has the start page of this name; for `AppConfig.ready`."""
    _sites[name] = site


def error_page(
    request: HttpRequest, template: str, *, status: int, context: Mapping[str, Any] | None = None
) -> HttpResponse:
    """The page of an error."""
    return HttpResponse(render_to_string(template, {**frame(request), **(context or {})}, request), status=status)


def frame(request: HttpRequest) -> dict[str, Any]:
    """The frame of the site that the person is on; nothing for who is not signed in, or not told apart yet."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    is_in_manager = user.is_administrator and request.path.startswith(address_of("Instance Manager"))
    site = _sites[MANAGER if is_in_manager else PROFILE]
    return {
        "frame": "error_framed.html",
        "site": site.name,
        "site_name": site.label,
        "nav": site.navigation(request.path),
    }


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django calls it so
    """403: only administrators may come here."""
    return error_page(request, "403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django calls it so
    """404: there is no such page, or not for this person."""
    return error_page(request, "404.html", status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django calls it so
    """403: a form that is not of this session, or that another site sends."""
    return error_page(request, "403_csrf.html", status=403)
