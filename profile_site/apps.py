from __future__ import annotations

from django.apps import AppConfig


class ProfileSiteConfig(AppConfig):
    """A person's own pages."""

    name = "profile_site"
