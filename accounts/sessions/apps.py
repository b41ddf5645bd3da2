"""How django-allauth's table of sessions is used here."""

from __future__ import annotations

from allauth.usersessions.apps import UserSessionsConfig


class KnownSessionsConfig(UserSessionsConfig):  # type: ignore[misc] # allauth is not typed
    """Its table alone: its signals would store the keys of cookies; `accounts.sessions.devices` stores digests."""

    def ready(self) -> None:
        """Connect nothing."""
