"""People who leave, for a while or for good, and their PATs with them (TOK-11).

The locks are taken in the order of POL-3: applications, users, tokens, audit head. The tokens are locked before
anything is recorded, although they are revoked last: another process that holds one may be waiting for the log.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count

from accounts.audit.record import Actor, Target
from accounts.forms.fingerprints import fingerprint, fingerprint_of_lines, require_same_fingerprint
from accounts.forms.versions import Opened, require_unchanged
from accounts.models import User
from accounts.people.administrators import locked_with_administrators
from accounts.people.changes import user_values
from accounts.people.deactivation import deactivate_user, reactivate_user
from accounts.people.deletion import anonymise_person
from accounts.text.reasons import Reason
from reference_tokens.lifecycle.reason_codes import ReasonCode
from reference_tokens.lifecycle.revocation import revoke_tokens
from reference_tokens.lifecycle.selection import lock_rows
from reference_tokens.models import ReferenceToken, SavedFilter
from reference_tokens.models.live_numbers import live_number
from trusted_apps.owners import end_ownership, lock_owned_applications

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from reference_tokens.models import ReferenceTokenQuerySet


def live_tokens_by_application(user: User, now: datetime) -> list[tuple[str, int]]:
    """How many tokens act as the user and have not ended, by the name of their application, most first."""
    if user.is_person:
        pats = ReferenceToken.objects.held_by(user).not_ended(now).order_by()
        counted = pats.values_list("application__name").annotate(count=Count("*"))
        return list(counted.order_by("-count", "application__name"))
    numbers: Counter[str] = Counter()
    for _pk, name, number in live_sats_by_application(user, now):
        numbers[name] += number
    return sorted(numbers.items(), key=lambda counted: (-counted[1], counted[0]))


def live_sats_by_application(user: User, now: datetime) -> list[tuple[UUID, str, int]]:
    """The id and the name of each application whose SATs act as a System User, and the number of the live ones."""
    number = live_number(ReferenceToken.objects.filter(holder=None), now)
    using = user.applications.annotate(number=number).order_by("pk").values_list("pk", "name", "number")
    return [row for row in using if row[2]]


def acting_tokens_fingerprint(user: User, now: datetime) -> str:
    """A fingerprint of the tokens that act as the user and have not ended.

    A System User may have very many, and nothing is done to them: only their number in each application counts.
    """
    if user.is_person:
        return fingerprint(ReferenceToken.objects.held_by(user).not_ended(now).values_list("pk", flat=True))
    counts = [(pk, number) for pk, _name, number in live_sats_by_application(user, now)]
    return fingerprint_of_lines(sum(number for _pk, number in counts), (f"{pk} {number}" for pk, number in counts))


def deactivate_with_tokens(  # noqa: PLR0913 - who, whom, when, and what was agreed to
    *,
    actor: Actor,
    user: User,
    now: datetime,
    revokes_tokens: bool = False,
    shown: str | None = None,
    opened: Opened | None = None,
) -> int | None:
    """Deactivate a user and, where that is asked, revoke their PATs, in one transaction.

    Returns how many were revoked, or None where the user was inactive already and nothing was done. Raises
    `SetChanged` where other tokens act as the user than those that were `shown`, `ChangedMeanwhile` where the user is
    not as they were `opened`, and `LastAdministrator`.
    """
    with transaction.atomic():
        locked = locked_with_administrators(user.pk)
        require_user_as_opened(opened, locked)
        pats = lock_pats(user, now)
        if locked.is_active:
            require_same_fingerprint(acting_tokens_fingerprint(user, now), shown)
        if not deactivate_user(actor=actor, user_id=user.pk, now=now):
            return None
        return revoke_pats(pats, user, actor, now, ReasonCode.USER_DEACTIVATED) if revokes_tokens else 0


def reactivate_with_tokens(
    *, actor: Actor, user: User, now: datetime, shown: str | None = None, opened: Opened | None = None
) -> bool:
    """Let a user be active again, with every token that has not ended; returns whether it was this call that did it.

    Raises `SetChanged` where other tokens act as the user than those that were `shown`, and `ChangedMeanwhile` where
    the user is not as they were `opened`.
    """
    with transaction.atomic():
        locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        require_user_as_opened(opened, locked)
        lock_pats(user, now)
        if not locked.is_active:
            require_same_fingerprint(acting_tokens_fingerprint(user, now), shown)
        return reactivate_user(actor=actor, user_id=user.pk, now=now)


def delete_with_tokens(  # noqa: PLR0913 - who, whom, when, and what was agreed to
    *,
    actor: Actor,
    user: User,
    now: datetime,
    shown: str | None = None,
    opened: Opened | None = None,
    even_the_last: bool = False,
) -> int | None:
    """Forget a person and what they saved, revoke their PATs, let their applications have other owners: all or nothing.

    Returns how many were revoked, or None where they were deleted already and nothing was done. Raises
    `SetChanged` where they have other PATs than those that were `shown`, `ChangedMeanwhile` where they are not as they
    were `opened`, and `LastAdministrator` unless it may be `even_the_last`.
    """
    with transaction.atomic():
        owned = lock_owned_applications(user)
        person = locked_with_administrators(user.pk)
        require_user_as_opened(opened, person)
        pats = lock_pats(user, now)
        if person.deleted_at is None:
            require_same_fingerprint(acting_tokens_fingerprint(user, now), shown)
        if not anonymise_person(actor=actor, user_id=user.pk, now=now, even_the_last=even_the_last):
            return None
        SavedFilter.objects.filter(user=user).delete()
        end_ownership(owned, user, actor=actor, now=now)
        return revoke_pats(pats, user, actor, now, ReasonCode.USER_DELETED)


def require_user_as_opened(opened: Opened | None, user: User) -> None:
    """Raise `ChangedMeanwhile` where a user, whose row is locked, is not as they were `opened`."""
    require_unchanged(opened, Target.user(user.pk), user_values(user))


def lock_pats(user: User, now: datetime) -> ReferenceTokenQuerySet:
    """The PATs of the user that have not ended, locked in one order until the transaction ends."""
    pats = ReferenceToken.objects.held_by(user)
    lock_rows(pats.not_ended(now))
    return pats


def revoke_pats(pats: ReferenceTokenQuerySet, user: User, actor: Actor, now: datetime, why: ReasonCode) -> int:
    """Revoke what has not ended of the user's PATs; returns how many that were."""
    return revoke_tokens(actor=actor, tokens=pats, chosen_by={"user": str(user.pk)}, now=now, reason=Reason(code=why))
