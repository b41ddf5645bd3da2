"""Every address of the sites. Machine addresses stand in reference_tokens.urls and come first."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
