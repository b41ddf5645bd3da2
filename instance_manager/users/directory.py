"""Finding people and System Users for a page: fifty at a time, and by id."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.people.directory import after_username
from accounts.second_factors.factors import APP, PASSKEY, factors_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

PAGE_SIZE = 50


def users_after(users: QuerySet[User], after: str) -> tuple[list[User], bool]:
    """The fifty users after the one of this id, by user name, and whether more follow; without one, the first fifty.

    Their order is that of the index that keeps names unique, so that a page costs the same at any depth.
    """
    place = username_of(after)
    found = list(after_username(users, place or "")[: PAGE_SIZE + 1])
    return found[:PAGE_SIZE], len(found) > PAGE_SIZE


def username_of(user_id: str) -> str | None:
    """The user name of this id in small letters, by which the lists are ordered; None if no user has the id."""
    try:
        username = User.objects.filter(pk=uuid.UUID(user_id)).values_list("username", flat=True).first()
    except ValueError:
        return None
    return username and username.lower()


def second_factor_labels(user: User) -> list[str]:
    """The kinds of second factors that a person has, in words."""
    types = set(factors_of(user).values_list("type", flat=True))
    labels = {APP: _("Authenticator app"), PASSKEY: _("Passkey")}
    return [str(label) for factor, label in labels.items() if factor in types]


def user_or_404(user_id: uuid.UUID) -> User:
    """A user who is not deleted; nothing can be done to others."""
    return get_object_or_404(User, pk=user_id, deleted_at=None)


def person_or_404(user_id: uuid.UUID) -> User:
    """A person who is not deleted; nobody else can be an administrator."""
    return get_object_or_404(User, pk=user_id, kind=User.Kind.PERSON, deleted_at=None)


def user_in_query(query: Mapping[str, str], parameter: str) -> User | None:
    """The user whose id this parameter of an address holds; None if there is none."""
    try:
        return User.objects.filter(pk=uuid.UUID(query.get(parameter, ""))).first()
    except ValueError:
        return None
