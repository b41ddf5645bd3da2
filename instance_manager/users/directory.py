"""Finding people and System Users: by words, by kind and state, page by page, by id."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.db.models.lookups import GreaterThan
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.second_factors.factors import APP, PASSKEY, factors_of, with_second_factor
from accounts.text.case_folding import contains_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

PAGE_SIZE = 50


class UserKind(models.TextChoices):
    """The kinds of users that a list can be narrowed to."""

    PERSON = "person", _("People")
    ADMINISTRATOR = "administrator", _("Administrators")
    SYSTEM = "system", _("System Users")


class UserState(models.TextChoices):
    """The states of users that a list can be narrowed to."""

    ACTIVE = "active", _("Active")
    INACTIVE = "inactive", _("Inactive")
    INVITED = "invited", _("Invited")
    WITHOUT_SECOND_FACTOR = "no-second-factor", _("Without second factor")


KIND_CONDITIONS: dict[str, Q] = {
    UserKind.PERSON: Q(kind=User.Kind.PERSON),
    UserKind.ADMINISTRATOR: Q(is_administrator=True),
    UserKind.SYSTEM: Q(kind=User.Kind.SYSTEM),
}
STATE_CONDITIONS: dict[str, Q] = {
    UserState.ACTIVE: Q(is_active=True),
    UserState.INACTIVE: Q(is_active=False),
    UserState.INVITED: Q(is_active=True, invitation__isnull=False),
    UserState.WITHOUT_SECOND_FACTOR: Q(kind=User.Kind.PERSON, is_active=True, has_second_factor=False),
}


def everybody(*, with_deleted: bool = False) -> QuerySet[User]:
    """All users, each with their invitation, and with whether they have a second factor."""
    users = User.objects.all() if with_deleted else User.objects.filter(deleted_at=None)
    return with_second_factor(users.select_related("invitation"))


def find_users(users: QuerySet[User], *, words: str = "", kind: str = "", state: str = "") -> QuerySet[User]:
    """The users of this kind and state who have the words in their name, user name or e-mail address.

    Empty words and empty or unknown choices leave out nobody.
    """
    if words:
        users = users.filter(
            contains_text("name", words) | contains_text("username", words) | contains_text("email", words)
        )
    return users.filter(KIND_CONDITIONS.get(kind, Q()), STATE_CONDITIONS.get(state, Q()))


def users_after(users: QuerySet[User], after: str) -> tuple[list[User], bool]:
    """The fifty users after the one of this id, by user name, and whether more follow; without one, the first fifty.

    Their order is that of the index that keeps names unique, so that a page costs the same at any depth.
    """
    place = username_of(after)
    found = list(after_username(users, place or "")[: PAGE_SIZE + 1])
    return found[:PAGE_SIZE], len(found) > PAGE_SIZE


def after_username(users: QuerySet[User], place: str) -> QuerySet[User]:
    """The users whose user names follow this one, in small letters, in order."""
    return users.filter(GreaterThan(Lower("username"), place)).order_by(Lower("username"))


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
