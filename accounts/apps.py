from __future__ import annotations

from allauth.account.signals import authentication_step_completed
from django.apps import AppConfig
from django.db.backends.signals import connection_created


class AccountsConfig(AppConfig):
    """People, and the record of what they did."""

    name = "accounts"

    def ready(self) -> None:
        """Register the words of audit entries and the kinds of outbox entries; connect the signals."""
        from accounts.audit.account_words import register_audit_words
        from accounts.mailed_links import password_reset
        from accounts.outbox.kinds import RequestKind, register_kind
        from accounts.outbox.letters import register_letters
        from accounts.sign_in import adapters, password_guesses
        from accounts.text.case_folding import register_sqlite_function

        register_audit_words()
        register_letters()
        register_kind(password_reset.RESET_KIND, RequestKind("accounts", password_reset.send_link))
        register_kind(password_guesses.GUESSES_KIND, RequestKind("accounts", password_guesses.tell_of_guesses))
        connection_created.connect(register_sqlite_function)
        authentication_step_completed.connect(adapters.renew_confirmed_session)
