"""The owners of an application: adding and removing some, and ending all ownership of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from accounts.audit.record import Target, record_event
from trusted_apps.models import TrustedApplication
from trusted_apps.registration import require_people, update_application

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection
    from datetime import datetime

    from accounts.audit.record import Actor
    from accounts.models import User


def change_owners(
    *,
    actor: Actor,
    application_id: uuid.UUID,
    now: datetime,
    added: Collection[User] = (),
    removed: Collection[User] = (),
) -> int:
    """Add owners to an application, or remove some; return how many were added or removed.

    Only these are read and recorded, however many it has. Raise `ValidationError` if an added one is no person.
    """
    with transaction.atomic():
        application = TrustedApplication.objects.select_for_update(no_key=True).get(pk=application_id)
        named = {user.pk for user in [*require_people(added), *removed]}
        there = set(application.owners.filter(pk__in=named).values_list("pk", flat=True))
        new = [user for user in added if user.pk not in there]
        gone = [user for user in removed if user.pk in there]
        application.owners.add(*new)
        application.owners.remove(*gone)
        if new or gone:
            before, after = ({"owners": sorted(str(user.pk) for user in users)} for users in (gone, new))
            unchanged = {"owners": application.owners.count() - len(new)}
            details = {"before": before, "after": after, "unchanged": unchanged}
            record_event(
                actor, "application:update", Target("application", str(application.pk)), now=now, details=details
            )
    return len(new) + len(gone)


def lock_owned_applications(user: User) -> list[TrustedApplication]:
    """The applications that this person owns, locked in the order of their ids until the transaction ends."""
    owned = TrustedApplication.objects.filter(owners=user).order_by("pk")
    return list(owned.select_for_update(no_key=True, of=("self",)))


def end_ownership(applications: list[TrustedApplication], user: User, *, actor: Actor, now: datetime) -> None:
    """Remove a person from the owners of these applications, which are locked."""
    for application in applications:
        others = list(application.owners.exclude(pk=user.pk))
        update_application(actor=actor, application_id=application.pk, now=now, owners=others)
