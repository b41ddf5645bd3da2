from __future__ import annotations

from django.apps import AppConfig


class TrustedAppsConfig(AppConfig):
    """Which programs are known, and who may issue tokens for them."""

    name = "trusted_apps"
