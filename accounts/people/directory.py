"""Finding people and System Users: by words, by kind and state, in the order of their user names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.people.access import SECOND_FACTORS
from accounts.text.case_folding import contains_text

if TYPE_CHECKING:
    from django.db.models import QuerySet


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


def with_second_factor(users: QuerySet[User]) -> QuerySet[User]:
    """The same users, each with a truth value `has_second_factor`, to show or to filter by."""
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_FACTORS)
    return users.annotate(has_second_factor=Exists(factors))


def after_username(users: QuerySet[User], place: str) -> QuerySet[User]:
    """The users whose user names follow this one, in small letters, in order."""
    return users.filter(GreaterThan(Lower("username"), place)).order_by(Lower("username"))
