from __future__ import annotations

from django.apps import AppConfig


class ReferenceTokensConfig(AppConfig):
    """The tokens: form, digest, issuing, revocation, validation."""

    name = "reference_tokens"

    def ready(self) -> None:
        """Say what the secrets of this app look like."""
        from reference_tokens.pages.secret_forms import register_forms  # noqa: PLC0415 - models come after applications

        register_forms()
