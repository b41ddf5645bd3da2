from __future__ import annotations

from django.apps import AppConfig


class TrustedAppsConfig(AppConfig):
    """Which programs are known, and who may issue tokens for them."""

    name = "trusted_apps"

    def ready(self) -> None:
        """Tell the audit log how this app's actions read."""
        from trusted_apps.audit import register_audit_words

        register_audit_words()
