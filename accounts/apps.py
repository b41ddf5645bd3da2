from __future__ import annotations

from allauth.account.signals import authentication_step_completed
from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who people are and what they did."""

    name = "accounts"

    def ready(self) -> None:
        """Hear of every confirmation, by whichever door."""
        from accounts.sign_in import renew_confirmed_session  # noqa: PLC0415 - models come after applications

        authentication_step_completed.connect(renew_confirmed_session)
