"""Whether the settings name an OpenID Connect provider, and what pages call it."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings


def is_configured() -> bool:
    """Whether the settings name a provider."""
    return bool(settings.OIDC_ISSUER)


def provider_name() -> str:
    """What pages call the provider: the host of its issuer; empty where there is none."""
    return urlsplit(settings.OIDC_ISSUER).hostname or ""
