"""Finding people and System Users: by words, by what they are, page by page."""

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


class Kind(models.TextChoices):
    """Who can be asked for in a list."""

    PERSON = "person", _("People")
    ADMINISTRATOR = "administrator", _("Administrators")
    SYSTEM = "system", _("System Users")


class State(models.TextChoices):
    """What can be asked for of those in a list."""

    ACTIVE = "active", _("Active")
    INACTIVE = "inactive", _("Inactive")
    INVITED = "invited", _("Invited")
    WITHOUT_SECOND_FACTOR = "no-second-factor", _("Without second factor")


KINDS: dict[str, Q] = {
    Kind.PERSON: Q(kind=User.Kind.PERSON),
    Kind.ADMINISTRATOR: Q(is_administrator=True),
    Kind.SYSTEM: Q(kind=User.Kind.SYSTEM),
}
STATES: dict[str, Q] = {
    State.ACTIVE: Q(is_active=True),
    State.INACTIVE: Q(is_active=False),
    State.INVITED: Q(is_active=True, invitation__isnull=False),
    State.WITHOUT_SECOND_FACTOR: Q(kind=User.Kind.PERSON, is_active=True, has_second_factor=False),
}


def everybody(*, with_deleted: bool = False) -> QuerySet[User]:
    """Everybody, each with their invitation and with whether they have a second factor."""
    users = User.objects.all() if with_deleted else User.objects.filter(deleted_at=None)
    return with_second_factor(users.select_related("invitation"))


def find(users: QuerySet[User], *, words: str = "", kind: str = "", state: str = "") -> QuerySet[User]:
    """Those of the users that are meant; words and choices that are empty or unknown leave out nobody.

    Words stand in the name, the user name or the e-mail address.
    """
    if words:
        users = users.filter(
            contains_text("name", words) | contains_text("username", words) | contains_text("email", words)
        )
    return users.filter(KINDS.get(kind, Q()), STATES.get(state, Q()))


def page_of(users: QuerySet[User], after: str) -> tuple[list[User], bool]:
    """The fifty users behind the one with this id, by user name, and whether more follow; else the first fifty.

    In the order of the index that keeps names unique, so that a page costs the same at any depth.
    """
    place = place_of(after)
    found = list(behind(users, place or "")[: PAGE_SIZE + 1])
    return found[:PAGE_SIZE], len(found) > PAGE_SIZE


def behind(users: QuerySet[User], place: str) -> QuerySet[User]:
    """Those whose user names follow this one, in small letters, in order."""
    return users.filter(GreaterThan(Lower("username"), place)).order_by(Lower("username"))


def place_of(user_id: str) -> str | None:
    """Where a user stands in the lists; None where there is none of that id."""
    try:
        username = User.objects.filter(pk=uuid.UUID(user_id)).values_list("username", flat=True).first()
    except ValueError:
        return None
    return username and username.lower()


def second_factors(user: User) -> list[str]:
    """The second factors of a person, as words, each once."""
    types = set(factors_of(user).values_list("type", flat=True))
    labels = {APP: _("Authenticator app"), PASSKEY: _("Passkey")}
    return [str(label) for factor, label in labels.items() if factor in types]


def user_or_404(user_id: uuid.UUID) -> User:
    """Anybody but the deleted, to whom nothing can be done any more."""
    return get_object_or_404(User, pk=user_id, deleted_at=None)


def person_or_404(user_id: uuid.UUID) -> User:
    """A person who was not deleted: nobody else can be an administrator."""
    return get_object_or_404(User, pk=user_id, kind=User.Kind.PERSON, deleted_at=None)


def user_named(query: Mapping[str, str], parameter: str) -> User | None:
    """Whoever this parameter of an address names by their id; None where it names nobody."""
    try:
        return User.objects.filter(pk=uuid.UUID(query.get(parameter, ""))).first()
    except ValueError:
        return None
