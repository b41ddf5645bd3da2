from __future__ import annotations

from allauth.account.signals import authentication_step_completed
from django.apps import AppConfig
from django.db.backends.signals import connection_created


class AccountsConfig(AppConfig):
    """Who people are and what they did."""

    name = "accounts"

    def ready(self) -> None:
        """Hear of every confirmation, by whichever door, and of every connection to a database."""
        # They say what is done behind a request.
        from accounts.audit import account_actions  # noqa: PLC0415 - models come after applications
        from accounts.mailed_links import password_reset  # noqa: F401, PLC0415 - models come after applications
        from accounts.sign_in.adapters import renew_confirmed_session  # noqa: PLC0415 - models come after applications
        from accounts.text.case_folding import register_sqlite_function  # noqa: PLC0415 - models come after applications

        account_actions.register()
        connection_created.connect(register_sqlite_function)
        authentication_step_completed.connect(renew_confirmed_session)
