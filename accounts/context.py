"""What every template sees."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

THEME_COOKIE = "theme"
THEMES = ("auto", "light", "dark")


def interface(request: HttpRequest) -> dict[str, Any]:
    """The product's name and version, and the theme this browser chose: read here, so that no page flashes."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return {
        "product_name": settings.PRODUCT_NAME,
        "version": settings.VERSION,
        "theme": theme if theme in THEMES else THEMES[0],
    }
