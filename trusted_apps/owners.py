"""The people whom an application names as its owners, when one of them leaves for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trusted_apps.models import TrustedApplication
from trusted_apps.registration import update_application

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.audit import Actor
    from accounts.models import User


def lock_owned(user: User) -> list[TrustedApplication]:
    """The applications that this person owns, locked in the order of their ids until the transaction ends."""
    owned = TrustedApplication.objects.filter(owners=user).order_by("pk")
    return list(owned.select_for_update(no_key=True, of=("self",)))


def end_ownership(applications: list[TrustedApplication], user: User, *, actor: Actor, now: datetime) -> None:
    """Let applications, which are locked, have their other owners alone."""
    for application in applications:
        others = list(application.owners.exclude(pk=user.pk))
        update_application(actor=actor, application_id=application.pk, now=now, owners=others)
