"""The first step of a sign-in: it counts until the second only while the password stays as it was (T45)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.models import User

# The session keeps under this name what a new password changes.
PASSED_WITH = "first_step_passed_with"


def remember_first_step(request: HttpRequest, user: User) -> None:
    """Note with which password the person passed the first step, or that they have none."""
    request.session[PASSED_WITH] = user.get_session_auth_hash()


def first_step_counts(request: HttpRequest, user: User) -> bool:
    """Whether the password is the one of the first step: a new one ends what was begun with the old one."""
    return request.session.get(PASSED_WITH) in {user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()}


def forget_first_step(request: HttpRequest) -> None:
    """Forget it: the person is signed in."""
    request.session.pop(PASSED_WITH, None)
