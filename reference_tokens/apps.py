from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ReferenceTokensConfig(AppConfig):
    """The tokens: form, digest, issuing, revocation, validation."""

    name = "reference_tokens"

    def ready(self) -> None:
        """Register the words of audit entries and reasons, mails about tokens, forms of secrets, and the fence."""
        from accounts.audit.registry import register_witness
        from reference_tokens.audit import register_audit_words
        from reference_tokens.fence.noting import note_entries
        from reference_tokens.leaks.github import register_github
        from reference_tokens.lifecycle.reason_codes import register_reason_codes
        from reference_tokens.models.search_tables import keep_search
        from reference_tokens.notices.outbox import register_notices
        from reference_tokens.pages.secret_forms import register_forms

        register_audit_words()
        register_reason_codes()
        register_notices()
        register_github()
        register_forms()
        register_witness(note_entries)
        post_migrate.connect(keep_search, sender=self)
