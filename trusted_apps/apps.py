from __future__ import annotations

from django.apps import AppConfig


class TrustedAppsConfig(AppConfig):
    """The registered applications, and the rules for issuing their tokens."""

    name = "trusted_apps"

    def ready(self) -> None:
        """Tell the audit log how this app's actions read."""
        from trusted_apps.audit import register_audit_words

        register_audit_words()
