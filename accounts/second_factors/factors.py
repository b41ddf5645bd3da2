"""The second factors of people: reading, adding and removing them, and the recovery codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from allauth.account.authentication import get_authentication_records
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import QuerySet

from accounts.allauth_internals import create_recovery_codes
from accounts.audit.record import Actor, Target, record_event
from accounts.forms.versions import Opened, require_as_opened
from accounts.models import User
from accounts.outbox.letters import queue_letter
from accounts.people.access import SECOND_FACTORS, has_a_way_in
from accounts.people.administrators import locked_with_administrators, refuse_last_administrator
from accounts.second_factors.letters import added_letter, codes_letter, removed_letter, reset_letter
from accounts.second_factors.secrets import seal_factor_secret
from accounts.sessions.devices import end_all_devices

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import Any

    from accounts.http import SignedInRequest
    from accounts.mails.message import Letter

APP, PASSKEY, CODES = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES
MOST_PASSKEYS = 20


class FactorRefused(Exception):
    """The factor cannot be added or removed now."""


class HasOneAlready(FactorRefused):
    """One authenticator app for each person."""


class TooManyPasskeys(FactorRefused):
    """The person has the highest number of passkeys."""


class OnlyWayIn(FactorRefused):
    """Without this passkey the person could not sign in any more."""


@dataclass(frozen=True, slots=True)
class Added:
    """A new factor; the first factor comes with recovery codes, which are shown nowhere else again."""

    factor: Authenticator
    codes: list[str]


def has_second_factor(user: User) -> bool:
    """Whether signing in as this person takes more than a password."""
    return bool(Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).exists())


def has_shown_second_factor(request: SignedInRequest) -> bool:
    """Whether the person has a second factor, and has shown it in this session."""
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "mfa" for record in records) and has_second_factor(request.user)


def factors_of(user: User) -> QuerySet[Authenticator]:
    """The person's factors, the oldest first."""
    factors: QuerySet[Authenticator] = Authenticator.objects.filter(user=user).order_by("created_at", "pk")
    return factors


def codes_in_all() -> int:
    """How many recovery codes are made at once."""
    return int(app_settings.RECOVERY_CODE_COUNT)


def codes_left(factor: Authenticator) -> int:
    """How many of the recovery codes were not used yet."""
    return codes_in_all() - int(factor.data["used_mask"]).bit_count()


def add_app(*, actor: Actor, user: User, key: str, step: int, now: datetime) -> Added:
    """Accept codes of the app with this key from now on; `step` is the one of the code that confirmed it, now used.

    Raises `HasOneAlready`.
    """
    with transaction.atomic():
        person = locked_person(user)
        if factors_of(person).filter(type=APP).exists():
            raise HasOneAlready
        return add_factor(actor, person, APP, {"secret": seal_factor_secret(key), "step": step}, now)


def add_passkey(*, actor: Actor, user: User, name: str, credential: dict[str, Any], now: datetime) -> Added:
    """Let the passkey, whose answer was checked, stand for the person; raises `TooManyPasskeys`."""
    with transaction.atomic():
        person = locked_person(user)
        if factors_of(person).filter(type=PASSKEY).count() >= MOST_PASSKEYS:
            raise TooManyPasskeys
        return add_factor(actor, person, PASSKEY, {"name": name, "credential": credential}, now)


def add_factor(actor: Actor, person: User, kind: str, data: dict[str, Any], now: datetime) -> Added:
    """Store a factor, and recovery codes with the first one: with them a lost telephone locks nobody out."""
    factor = Authenticator.objects.create(user=person, type=kind, data=data, created_at=now, last_used_at=now)
    is_first = not factors_of(person).filter(type=CODES).exists()
    codes = store_codes(person, now) if is_first else []
    mail_person(person, lambda: added_letter(kind), now)
    record_event(
        actor, "factor:add", Target.user(person.pk), now=now, details={"type": kind, "recovery_codes": is_first}
    )
    return Added(factor, codes)


def rename_passkey(  # noqa: PLR0913 - whose, which, and what it was called
    *, actor: Actor, user: User, factor_id: int, name: str, now: datetime, opened: Opened | None = None
) -> bool:
    """Give one of the person's passkeys another name; False where it is not theirs or no longer there.

    Raises `ChangedMeanwhile` where it is not called as the form was `opened` with.
    """
    with transaction.atomic():
        person = locked_person(user)
        factor = factors_of(person).filter(pk=factor_id, type=PASSKEY).first()
        if factor is None:
            return False
        passkey, before = Target("passkey", str(factor.pk)), {"name": factor.data["name"]}
        require_as_opened(opened, passkey, before=before, after={"name": name})
        if factor.data["name"] != name:
            factor.data["name"] = name
            factor.save(update_fields=["data"])
            record_event(actor, "factor:rename", Target.user(person.pk), now=now, details={"type": PASSKEY})
    return True


def remove_factor(*, actor: Actor, user: User, factor_id: int, now: datetime) -> bool:
    """Remove one of the person's factors, and with the last one the recovery codes; False where it is not there.

    Raises `OnlyWayIn`.
    """
    with transaction.atomic():
        person = locked_person(user)
        factor = factors_of(person).filter(pk=factor_id, type__in=SECOND_FACTORS).first()
        if factor is None:
            return False
        if is_only_way_in(person, factor):
            raise OnlyWayIn
        kind = factor.type
        factor.delete()
        is_last = not has_second_factor(person)
        if is_last:
            factors_of(person).delete()
        mail_person(person, lambda: removed_letter(kind, was_last=is_last), now)
        record_event(
            actor, "factor:remove", Target.user(person.pk), now=now, details={"type": kind, "was_last": is_last}
        )
    return True


def is_only_way_in(person: User, factor: Authenticator) -> bool:
    """Whether the person could not sign in without it: no password, no other passkey, no identity elsewhere."""
    return bool(factor.type == PASSKEY) and not has_a_way_in(person, without=[factor.pk])


def generate_codes(*, actor: Actor, user: User, now: datetime) -> list[str]:
    """New recovery codes in place of the old ones, to be shown this once; none for a person without a factor."""
    with transaction.atomic():
        person = locked_person(user)
        if not has_second_factor(person):
            return []
        codes = store_codes(person, now)
        mail_person(person, codes_letter, now)
        record_event(actor, "recovery_codes:generate", Target.user(person.pk), now=now, details={"codes": len(codes)})
    return codes


def store_codes(person: User, now: datetime) -> list[str]:
    """Make new recovery codes and return them; their seed is stored, sealed."""
    factors_of(person).filter(type=CODES).delete()
    factor, codes = create_recovery_codes(person)
    Authenticator.objects.filter(pk=factor.pk).update(created_at=now)
    return codes


def remove_all(*, actor: Actor, user: User, now: datetime) -> int:
    """Remove all factors of a person who is locked out, so that they sign in without; returns how many.

    They are notified by mail. Their sessions end: a stolen one must not outlive the reset.
    Raises `LastAdministrator` where they sign in by passkey alone, and nobody else could administer the instance.
    """
    with transaction.atomic():
        person = locked_with_administrators(user.pk)
        types = list(factors_of(person).filter(type__in=SECOND_FACTORS).values_list("type", flat=True))
        if not types:
            return 0
        if not has_a_way_in(person, without=list(factors_of(person).values_list("pk", flat=True))):
            refuse_last_administrator(person)
        factors_of(person).delete()
        end_all_devices(actor=actor, user=person, now=now)
        mail_person(person, reset_letter, now)
        record_event(actor, "factor:reset", Target.user(person.pk), now=now, details={"types": types})
    return len(types)


def locked_person(user: User) -> User:
    """The person's row, locked, so that changes of their factors happen one after the other."""
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def mail_person(person: User, make: Callable[[], Letter], now: datetime) -> None:
    """Mail the person; call it in the transaction of the change."""
    if person.email:
        queue_letter(make, to=person, now=now)
