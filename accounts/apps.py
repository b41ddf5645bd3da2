from __future__ import annotations

from allauth.account.signals import authentication_step_completed
from django.apps import AppConfig
from django.db.backends.signals import connection_created


class AccountsConfig(AppConfig):
    """Who people are and what they did."""

    name = "accounts"

    def ready(self) -> None:
        """Register the words of audit entries and the kinds of outbox entries; connect the signals."""
        from accounts.audit import account_actions  # noqa: PLC0415 - models come after applications
        from accounts.mailed_links import password_reset  # noqa: PLC0415 - models come after applications
        from accounts.outbox import letters  # noqa: PLC0415 - models come after applications
        from accounts.outbox.kinds import RequestKind, register_kind  # noqa: PLC0415 - models come after applications
        from accounts.sign_in import adapters  # noqa: PLC0415 - models come after applications
        from accounts.text.case_folding import register_sqlite_function  # noqa: PLC0415 - models come after applications

        account_actions.register()
        letters.register()
        register_kind(password_reset.KIND, RequestKind("accounts", password_reset.send_link))
        register_kind(adapters.GUESSES, RequestKind("accounts", adapters.tell_of_guesses))
        connection_created.connect(register_sqlite_function)
        authentication_step_completed.connect(adapters.renew_confirmed_session)
