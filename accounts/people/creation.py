"""Creating people and System Users, and finding them by what they sign in with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts.audit.record import Actor, Target, record_event
from accounts.models import User
from accounts.people.former_usernames import refuse_former_username
from accounts.people.groups import locked_groups
from accounts.text.languages import spoken
from accounts.text.validators import USERNAME_PATTERN


def create_user(  # noqa: PLR0913 - each is a column of the user
    *,
    actor: Actor,
    username: str,
    now: datetime,
    name: str = "",
    email: str = "",
    language: str = "",
    is_administrator: bool = False,
    is_system: bool = False,
    password: str | None = None,
    groups: Iterable[Group] = (),
) -> User:
    """Create a person, or a System User, in these groups; without a password nobody can sign in as them.

    Raises `ValidationError` for a name that is taken, was somebody's before, or is malformed, a weak password, or a
    System User that would be an administrator or have a password (PEO-1).
    """
    user = User(
        kind=User.Kind.SYSTEM if is_system else User.Kind.PERSON,
        username=username,
        name=name,
        email=email,
        language=language and spoken(language),
        is_administrator=is_administrator,
        created_at=now,
    )
    if password is not None:
        validate_password(password, user)
    user.set_password(password)
    with transaction.atomic():
        joined = locked_groups(groups)
        user.full_clean()
        save_user(user, force_insert=True)
        refuse_former_username(username)
        user.groups.set(joined)
        details: dict[str, Any] = {"kind": str(user.kind), "is_administrator": user.is_administrator}
        details |= {"groups": sorted(group.name for group in joined)} if joined else {}
        record_event(actor, "user:create", Target.user(user.pk), now=now, details=details)
    return user


def save_user(user: User, **how: Any) -> None:
    """Save a checked user; only the database sees a name or address that somebody else takes at the same moment."""
    try:
        with transaction.atomic():
            user.save(**how)
    except IntegrityError as error:
        raise ValidationError(_("Another user has just taken this user name or e-mail address.")) from error


def person_called(login: str) -> User | None:
    """The user with this e-mail address or user name, in any case.

    A user name may look like somebody else's address. The address counts first, since its person has confirmed it. It
    is one query for any text, by the expressions of the unique indexes.
    """
    has_it = Q(lower_email=Lower(Value(login)))
    # An invalid name is not looked up: PostgreSQL writes a dotless i as I too.
    if re.match(USERNAME_PATTERN, login):
        has_it |= Q(lower_username=login.lower())
    # Nobody has an empty name, though many have an empty address; and PostgreSQL takes no NUL.
    if not login or "\0" in login:
        has_it = Q(pk=None)
    found = User.objects.alias(lower_email=Lower("email"), lower_username=Lower("username")).filter(has_it)
    return next(iter(sorted(found, key=lambda user: user.username.lower() == login.lower())), None)
