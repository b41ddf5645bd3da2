"""Users, groups and applications that a request names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.auth.models import Group
from django.db.models.functions import Lower

from accounts.models import User
from accounts.text.free_text import tidied
from reference_tokens.management_api.problems import invalid, invalid_member
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Row = TypeVar("Row")
NOT_ASKABLE = re.compile(r"[\x00\ud800-\udfff]")


def groups_named(names: Sequence[str], member: str) -> list[Group]:
    """The groups of these names; raises `Problem` 422 with a pointer to each name below the member that nothing has."""
    wanted = [tidied(name) for name in names]
    found = {group.name: group for group in Group.objects.filter(name__in=askable(wanted))}
    return each_of(found, wanted, member, "There is no group of this name.")


def users_named(names: Sequence[str], member: str) -> list[User]:
    """The users of these user names, in any case; raises `Problem` 422 as `groups_named` does."""
    wanted = [name.lower() for name in names]
    users = User.objects.filter(deleted_at=None).alias(lowered=Lower("username"))
    found = {user.username.lower(): user for user in users.filter(lowered__in=askable(wanted))}
    return each_of(found, wanted, member, "There is no user of this name.")


def askable(names: Iterable[str]) -> list[str]:
    """The names that a database can be asked for: nothing is called by one with NUL, or half of a surrogate pair."""
    return [name for name in names if NOT_ASKABLE.search(name) is None]


def application_called(uri: str, member: str) -> TrustedApplication:
    """The application of this URI; raises `Problem` 422 at the member where there is none."""
    application = TrustedApplication.objects.filter(application_uri__in=askable([uri])).first()
    if application is None:
        raise invalid_member(member, "There is no Trusted Application of this URI.")
    return application


def each_of(found: Mapping[str, Row], names: Sequence[str], member: str, refusal: str) -> list[Row]:
    """What was found for each of the names, once."""
    missing: list[dict[str, Any]] = [
        {"pointer": f"#/{member}/{place}", "detail": refusal} for place, name in enumerate(names) if name not in found
    ]
    if missing:
        raise invalid(missing)
    return [found[name] for name in dict.fromkeys(names)]
