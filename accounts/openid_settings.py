"""The OpenID Connect provider of the settings: whether there is one, and its name on pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings


def is_configured() -> bool:
    """Whether the settings name a provider."""
    return bool(settings.OIDC_ISSUER)


def provider_brings_people() -> bool:
    """Whether people of the provider get an account by signing in: then not administrators alone create accounts."""
    return is_configured() and bool(settings.OIDC_CREATE_USERS)


def provider_name() -> str:
    """The provider's name on pages: the host of its issuer; empty where there is none."""
    return urlsplit(settings.OIDC_ISSUER).hostname or ""
