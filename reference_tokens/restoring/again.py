"""Ending again what the fence tells to have ended: by the functions of each act, with entries in the audit log.

Nobody is mailed of a token: its owner was, when it ended first.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError

from accounts.audit.record import Actor, Target, record_event
from accounts.models import User
from accounts.people.administrators import remove_administrator_rights
from accounts.people.deactivation import deactivate_user
from accounts.people.ways_in import take_credentials, take_identities
from accounts.sessions.devices import end_all_devices
from accounts.text.reasons import Reason
from reference_tokens.fence.lines import Line, Word, read_instant
from reference_tokens.lifecycle.offboarding import delete_with_tokens
from reference_tokens.lifecycle.reason_codes import ReasonCode
from reference_tokens.lifecycle.resource_server_registration import (
    delete_resource_server,
    server_target,
    update_resource_server,
)
from reference_tokens.lifecycle.revocation import REVOCATION, follow_untold
from reference_tokens.lifecycle.shortening import shorten_tokens
from reference_tokens.lifecycle.suspension import SUSPENSION
from reference_tokens.lifecycle.withdrawal import Withdrawal, withdraw_tokens
from reference_tokens.models import ReferenceToken, ResourceServer, ResourceServerSecret
from trusted_apps.models import TrustedApplication
from trusted_apps.registration import update_application

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.restoring.tail import Tail

TOKENS_AT_ONCE = 500


def tell_nobody(_tokens: object, **_told: object) -> None:
    """Nobody is mailed."""


REVOKED_AGAIN = replace(REVOCATION, note=follow_untold)
SUSPENDED_AGAIN = replace(SUSPENSION, note=tell_nobody)
CHOSEN_BY = {"fence": True}


def end_again(tail: Tail, *, actor: Actor, now: datetime) -> dict[str, int]:
    """Do again what ended something and is not in this database; returns how often each took effect, by its word.

    In the caller's transaction. What was taken back later is left as the database has it.
    """
    done = {}
    for word, do in AGAIN.items():
        done[str(word)] = do(tail.told(word), actor, now)
    return done


def revoke_again(lines: Sequence[Line], actor: Actor, now: datetime) -> int:
    """Revoke the tokens."""
    return withdraw_again(REVOKED_AGAIN, lines, actor, now)


def suspend_again(lines: Sequence[Line], actor: Actor, now: datetime) -> int:
    """Suspend the tokens."""
    return withdraw_again(SUSPENDED_AGAIN, lines, actor, now)


def withdraw_again(withdrawal: Withdrawal, lines: Sequence[Line], actor: Actor, now: datetime) -> int:
    """Withdraw the tokens that these lines name."""
    return sum(
        withdraw_tokens(
            withdrawal,
            actor=actor,
            tokens=ReferenceToken.objects.filter(pk__in=portion),
            chosen_by=CHOSEN_BY,
            now=now,
            reason=Reason(code=ReasonCode.RESTORED),
        )
        for portion in in_portions(ids_of(lines))
    )


def shorten_again(lines: Sequence[Line], actor: Actor, now: datetime) -> int:
    """Let the tokens end when they did, those together that ended at the same instant."""
    by_end: dict[str, list[uuid.UUID]] = {}
    for line in lines:
        by_end.setdefault(line.value, []).extend(ids_of([line]))
    return sum(
        shorten_tokens(
            actor=actor,
            tokens=ReferenceToken.objects.filter(pk__in=portion),
            target=Target("shortening", str(uuid.uuid4())),
            expires_at=read_instant(end),
            now=now,
            chosen_by=CHOSEN_BY,
        )
        for end, ids in by_end.items()
        for portion in in_portions(ids)
    )


def delete_again(lines: Sequence[Line], actor: Actor, now: datetime) -> int:
    """Forget the people, and revoke their tokens."""
    found = User.objects.filter(pk__in=ids_of(lines), deleted_at=None)
    done = [delete_with_tokens(actor=actor, user=user, now=now, even_the_last=True) for user in found]
    return len(done)


def deactivate_again(lines: Sequence[Line], actor: Actor, now: datetime) -> int:
    """Deactivate the users."""
    active = User.objects.filter(pk__in=ids_of(lines), is_active=True).values_list("pk", flat=True)
    return sum(deactivate_user(actor=actor, user_id=pk, now=now, even_the_last=True) for pk in list(active))


def demote_again(lines: Sequence[Line], actor: Actor, now: datetime) -> int:
    """Remove the rights of administrators."""
    people = User.objects.filter(pk__in=ids_of(lines), is_administrator=True).values_list("pk", flat=True)
    return sum(remove_administrator_rights(actor=actor, user_id=pk, now=now, even_the_last=True) for pk in list(people))


def take_credentials_again(lines: Sequence[Line], actor: Actor, now: datetime) -> int:
    """Take the passwords and second factors that were others by then."""
    return sum(take_credentials(actor=actor, user_id=pk, now=now) for pk in ids_of(lines))


def end_sessions_again(lines: Sequence[Line], actor: Actor, now: datetime) -> int:
    """End all sessions of the people who had ended some: which ones, no line tells."""
    count = 0
    for portion in in_portions(ids_of(lines)):
        # A backup holds no sessions, and of many people few have one.
        sessions = UserSession.objects.filter(user__in=portion)
        for user in User.objects.filter(pk__in=sessions.values("user")):
            count += end_all_devices(actor=actor, user=user, now=now) > 0
    return count


def take_identities_again(lines: Sequence[Line], actor: Actor, now: datetime) -> int:
    """Take the accounts at the provider that were disconnected."""
    return sum(take_identities(actor=actor, user_id=pk, now=now) for pk in ids_of(lines))


def disable_applications(lines: Sequence[Line], actor: Actor, now: datetime) -> int:
    """Disable the applications."""
    enabled = TrustedApplication.objects.filter(pk__in=ids_of(lines), is_enabled=True)
    done = [update_application(actor=actor, application_id=one.pk, now=now, is_enabled=False) for one in enabled]
    return len(done)


def take_scopes(lines: Sequence[Line], actor: Actor, now: datetime) -> int:
    """Take from applications the scopes that they offered no more; one that would keep none is disabled."""
    count = 0
    for line in lines:
        application = TrustedApplication.objects.filter(pk__in=ids_of([line])).first()
        if application is None or line.value not in application.scopes:
            continue
        left = tuple(scope for scope in application.scopes if scope != line.value)
        change = {"scopes": left} if left else {"is_enabled": False}
        try:
            update_application(actor=actor, application_id=application.pk, now=now, **change)
        except ValidationError:
            # The rules of today allow it no such scopes, as of the management API: it offers none then.
            update_application(actor=actor, application_id=application.pk, now=now, is_enabled=False)
        count += 1
    return count


def delete_servers(lines: Sequence[Line], actor: Actor, now: datetime) -> int:
    """Delete the Resource Servers."""
    servers = ResourceServer.objects.filter(client_id__in=[line.id for line in lines])
    return sum(delete_resource_server(actor=actor, server_id=server.pk, now=now) for server in servers)


def disable_servers(lines: Sequence[Line], actor: Actor, now: datetime) -> int:
    """Disable the Resource Servers."""
    enabled = ResourceServer.objects.filter(client_id__in=[line.id for line in lines], is_enabled=True)
    done = [update_resource_server(actor=actor, server_id=one.pk, now=now, is_enabled=False) for one in enabled]
    return len(done)


def remove_secrets(lines: Sequence[Line], actor: Actor, now: datetime) -> int:
    """Remove the secrets of Resource Servers, be it the only one."""
    count = 0
    for line in lines:
        found = ResourceServerSecret.objects.filter(server__client_id=line.id, hint__endswith=line.value)
        for secret in found.select_related("server"):
            secret.delete()
            details = {"hint": secret.hint}
            target = server_target(secret.server)
            record_event(actor, "resource_server:remove_secret", target, now=now, details=details)
            count += 1
    return count


def ids_of(lines: Iterable[Line]) -> list[uuid.UUID]:
    """The ids in the lines, as far as they are some."""
    found = []
    for line in lines:
        try:
            found.append(uuid.UUID(line.id))
        except ValueError:
            continue
    return found


def in_portions(ids: Iterable[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    """So many at a time as one statement takes."""
    remaining = iter(ids)
    while portion := list(islice(remaining, TOKENS_AT_ONCE)):
        yield portion


# In the order of their locks (POL-3): applications, users, tokens. The head of the audit log, which others lock last,
# is locked by now: `hold_beside_others` tells what comes of it.
AGAIN: dict[Word, Callable[[Sequence[Line], Actor, datetime], int]] = {
    Word.APPLICATION_DISABLED: disable_applications,
    Word.SCOPE_LOST: take_scopes,
    Word.SERVER_DELETED: delete_servers,
    Word.SERVER_DISABLED: disable_servers,
    Word.SECRET_REMOVED: remove_secrets,
    Word.DELETED: delete_again,
    Word.DEACTIVATED: deactivate_again,
    Word.DEMOTED: demote_again,
    Word.CREDENTIALS: take_credentials_again,
    Word.SESSIONS_ENDED: end_sessions_again,
    Word.IDENTITY_LOST: take_identities_again,
    Word.REVOKED: revoke_again,
    Word.SUSPENDED: suspend_again,
    Word.ENDS: shorten_again,
}
