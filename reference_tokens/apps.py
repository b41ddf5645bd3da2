from __future__ import annotations

from django.apps import AppConfig


class ReferenceTokensConfig(AppConfig):
    """The tokens: form, digest, issuing, revocation, validation."""

    name = "reference_tokens"

    def ready(self) -> None:
        """Register the words of audit entries and reasons, the mails about tokens, and the forms of secrets."""
        from reference_tokens import audit  # noqa: PLC0415 - models come after applications
        from reference_tokens.lifecycle import reason_codes  # noqa: PLC0415 - models come after applications
        from reference_tokens.notices import outbox  # noqa: PLC0415 - models come after applications
        from reference_tokens.pages.secret_forms import register_forms  # noqa: PLC0415 - models come after applications

        audit.register()
        reason_codes.register()
        outbox.register()
        register_forms()
