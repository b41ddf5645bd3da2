"""Bringing people and System Users into the instance."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from accounts.audit import Actor, Target, record_event
from accounts.models import User


def create_user(  # noqa: PLR0913 - each is a column of the user
    *,
    actor: Actor,
    username: str,
    now: datetime,
    name: str = "",
    email: str = "",
    is_administrator: bool = False,
    is_system: bool = False,
    password: str | None = None,
) -> User:
    """Create a person, or a System User; without a password nobody can sign in as them.

    Raises `ValidationError` for a name that is taken or malformed, a weak password, or a System User that would be
    an administrator or have a password (PEO-1).
    """
    user = User(
        kind=User.Kind.SYSTEM if is_system else User.Kind.PERSON,
        username=username,
        name=name,
        email=email,
        is_administrator=is_administrator,
        created_at=now,
    )
    if password is not None:
        validate_password(password, user)
    user.set_password(password)
    with transaction.atomic():
        user.full_clean()
        user.save(force_insert=True)
        details = {"kind": str(user.kind), "is_administrator": user.is_administrator}
        record_event(actor, "user:create", Target("user", str(user.pk)), now=now, details=details)
    return user
