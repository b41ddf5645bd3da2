"""Ending the session of an administrator who has just ended all sessions of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import logout

from instance_manager.pages import MANAGE

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.http import SignedInRequest
    from accounts.models import User


def tell_sessions_ended(request: SignedInRequest, text: str, *, user: User, url: str) -> HttpResponse:
    """Say what was done to a user whose sessions it ended; the next page asks to sign in if they were one's own."""
    if user == request.user:
        logout(request)
    return MANAGE.tell(request, text, url=url)
