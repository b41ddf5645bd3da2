"""Finding users by the names that a file has for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts.models import User

if TYPE_CHECKING:
    from collections.abc import Iterable


def named_users(usernames: Iterable[str], member: str) -> list[User]:
    """The users of these names, in any case; raises `ValidationError` at the member for one that there is not."""
    names = {name.lower(): name for name in usernames}
    users = User.objects.alias(lowered=Lower("username")).filter(lowered__in=list(names), deleted_at=None)
    found = {user.username.lower(): user for user in users}
    if missing := [name for lowered, name in names.items() if lowered not in found]:
        text = _("There is no user named %(usernames)s.")
        raise ValidationError({member: ValidationError(text, params={"usernames": ", ".join(missing)})})
    return list(found.values())
