"""The first administrator: the operator creates the account, and a link lets its person choose a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.urls import reverse

from accounts.mailed_links.invitations import store_invitation
from accounts.mailed_links.links import new_key
from accounts.models import User
from accounts.people.access import has_a_way_in
from accounts.people.administrators import active_administrators
from accounts.people.changes import change_user
from accounts.people.creation import create_user

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.audit.record import Actor


class AlreadyAdministered(Exception):
    """An administrator can sign in already: who else shall be one is theirs to say."""


def begin_administration(  # noqa: PLR0913 - each is a column of the user, but for how the link goes
    *, actor: Actor, username: str, name: str, email: str, may_be_mailed: bool, now: datetime
) -> tuple[User, str]:
    """Create the first administrator; returns them, and the path of the link by which they choose a password.

    Where the link may be mailed and they have an address, it goes there and nowhere else: the path is empty. An
    administrator of this name, in any case, who has not accepted their invitation gets another link, and the one before
    is dead; a name and an address that are given now take the place of those before. Raises `AlreadyAdministered`, and
    `ValidationError` for a name or an address that is taken or malformed.
    """
    key = new_key()
    with transaction.atomic():
        if any(map(has_a_way_in, User.objects.filter(active_administrators()))):
            raise AlreadyAdministered
        user = User.objects.named(username).filter(active_administrators()).first()
        if user is None:
            user = create_user(actor=actor, username=username, name=name, email=email, is_administrator=True, now=now)
        else:
            given: dict[str, Any] = {column: value for column, value in {"name": name, "email": email}.items() if value}
            change_user(actor=actor, user_id=user.pk, now=now, **given)
            user.refresh_from_db()
        is_mailed = may_be_mailed and bool(user.email)
        store_invitation(actor, user, key, now, is_mailed=is_mailed)
    return user, "" if is_mailed else reverse("invitation_open", args=[key])
