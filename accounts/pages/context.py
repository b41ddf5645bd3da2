"""The context of every template."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.headers.request_ids import request_id_of
from accounts.openid_settings import provider_brings_people, provider_name
from accounts.text.languages import dates_for_scripts
from accounts.text.secrets import address_without_secrets

THEMES = ("auto", "light", "dark")


def theme_cookie() -> str:
    """The name of the cookie of the theme; in production it has the prefix with which no other host can set it."""
    return "__Host-theme" if settings.IS_PRODUCTION else "theme"


def interface(request: HttpRequest) -> dict[str, Any]:
    """The name of the product, of the provider for single sign-on, the theme of this browser, the id of the request.

    The server reads the theme, so that no page flashes.
    """
    theme = request.COOKIES.get(theme_cookie(), "")
    return {
        "product_name": settings.PRODUCT_NAME,
        "version": settings.VERSION,
        "provider_name": provider_name(),
        "provider_brings_people": provider_brings_people(),
        "has_help_signed_out": settings.HELP_SIGNED_OUT,
        "has_passkeys": settings.HAS_PASSKEYS,
        # A choice of the theme leads back to this page.
        "address_of_page": address_without_secrets(request.get_full_path()),
        "theme": theme if theme in THEMES else THEMES[0],
        "request_id": request_id_of(request.META),
        # There is nothing to choose between fewer than two.
        "languages": settings.LANGUAGES if len(settings.LANGUAGES) > 1 else [],
        **dates_for_scripts(),
    }
