"""Addresses of users in the Instance Manager."""

from __future__ import annotations

from accounts.models import User

LIST = "/manage/security/users/"


def page_of(user: User) -> str:
    return f"{LIST}{user.pk}/"
