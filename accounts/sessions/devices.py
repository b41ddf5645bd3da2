"""The devices on which a person is signed in: one for each session that lives (T45)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY, update_session_auth_hash
from django.contrib.auth import SESSION_KEY as USER_KEY
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.audit.record import Actor, Target, record_event
from accounts.database.locks import write_unless_locked
from accounts.http import client_address
from accounts.sessions.record import is_too_old
from accounts.sessions.user_agents import browser_in_words
from accounts.text.secrets import holds_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.http import HttpRequest

    from accounts.http import SignedInRequest
    from accounts.models import User

# A session keeps its last note under this name.
LAST_SEEN = "seen"
SECONDS_BETWEEN_NOTES = 5 * 60
LONGEST_USER_AGENT = 200
# Looked through for secrets: one that is cut off would be kept in part.
LONGEST_READ = 1_000
# The address of a client without one, as behind a Unix socket.
NO_ADDRESS = "::"
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Device:
    """A session as its owner sees it: never with its key."""

    id: int
    name: str
    address: str
    signed_in_at: datetime
    last_seen_at: datetime
    is_current: bool


class Note(NamedTuple):
    """Which session was seen, and from where."""

    key: str
    address: str | None
    user_agent: str


def note_begun(request: SignedInRequest, *, now: datetime) -> None:
    """Let a session that has just begun be one of the person's devices, though it may never open a page.

    Else nothing that ends their sessions would find it: who keeps it could wait until that is over.
    """
    note = note_of(request)
    store_seen(request.user, note, now)
    keep_note(request, note, now)


def note_seen(request: SignedInRequest, *, now: datetime) -> None:
    """Note when and from where this session was last seen; with it, its twelve hours begin anew (PEO-3).

    It is exact to five minutes: the note stands in the session, which is read anyway, so that most page views write
    nothing.
    """
    note = note_of(request)
    at, *noted = request.session.get(LAST_SEEN, [0])
    if noted == list(note) and abs(now.timestamp() - at) < SECONDS_BETWEEN_NOTES:
        return
    if write_unless_locked(partial(store_seen, request.user, note, now)):
        keep_note(request, note, now)


def note_of(request: SignedInRequest) -> Note:
    """What is noted of the session of a request."""
    return Note(key_of_session(request), client_address(request), user_agent_of(request))


def keep_note(request: SignedInRequest, note: Note, now: datetime) -> None:
    """Let the session itself keep the note."""
    request.session[LAST_SEEN] = [int(now.timestamp()), *note]


def user_agent_of(request: HttpRequest) -> str:
    """What the browser calls itself, as far as that is kept: nothing where a token or another secret stands in it."""
    said = request.META.get("HTTP_USER_AGENT", "")
    if holds_secret(said[:LONGEST_READ]):
        return ""
    return "".join(character for character in said[:LONGEST_USER_AGENT] if character.isprintable())


def key_of_session(request: HttpRequest) -> str:
    """What the database knows the session of a request by."""
    key: str = request.session.stored_key  # type: ignore[attr-defined] # sessions are those of accounts.sessions.store
    return key


def store_seen(user: User, note: Note, now: datetime) -> None:
    """Write down that the session was seen."""
    columns = {"user": user, "ip": note.address or NO_ADDRESS, "user_agent": note.user_agent, "last_seen_at": now}
    if not UserSession.objects.filter(session_key=note.key).update(**columns):
        first = UserSession(session_key=note.key, created_at=now, **columns)
        UserSession.objects.bulk_create([first], ignore_conflicts=True)


def devices_of(user: User, *, current_key: str, now: datetime) -> list[Device]:
    """Where the person is signed in, this device first, then the one seen last; at most a hundred, in two queries."""
    stored = {
        session.session_key: session
        for session in Session.objects.filter(
            expire_date__gt=now, session_key__in=UserSession.objects.filter(user=user).values("session_key")
        )
    }
    rows = UserSession.objects.filter(user=user, session_key__in=stored).order_by("-last_seen_at", "-pk")
    alive = [row for row in rows if is_alive(stored[row.session_key].get_decoded(), user, now)]
    devices = [
        Device(
            id=row.pk,
            name=browser_in_words(row.user_agent),
            address="" if row.ip == NO_ADDRESS else row.ip,
            signed_in_at=row.created_at,
            last_seen_at=row.last_seen_at,
            is_current=row.session_key == current_key,
        )
        for row in alive
    ]
    return sorted(devices, key=lambda device: not device.is_current)[:MOST_SHOWN]


def is_alive(session: Mapping[str, Any], user: User, now: datetime) -> bool:
    """Whether the next request of this session still is the person's: a new password ends it without a trace here."""
    hashes = {user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()}
    is_theirs = session.get(USER_KEY) == str(user.pk) and session.get(HASH_SESSION_KEY) in hashes
    return is_theirs and not is_too_old(session, now.timestamp())


def renew_session(request: HttpRequest, user: User) -> None:
    """Give this session another id, and go on as the same person; the old cookie opens nothing (T45)."""
    before = key_of_session(request)
    update_session_auth_hash(request, user)
    UserSession.objects.filter(session_key=before).update(session_key=key_of_session(request))


def end_device(*, actor: Actor, user: User, device_id: int, now: datetime) -> int:
    """End one session of the person: its next request comes from nobody. Returns how many ended, none or one."""
    return end_sessions(actor, user, UserSession.objects.filter(user=user, pk=device_id), now)


def end_other_devices(*, actor: Actor, user: User, current_key: str, now: datetime) -> int:
    """End every session of the person but this one; returns how many ended."""
    return end_sessions(actor, user, UserSession.objects.filter(user=user).exclude(session_key=current_key), now)


def end_all_devices(*, actor: Actor, user: User, now: datetime) -> int:
    """End every session of the person; returns how many ended."""
    return end_sessions(actor, user, UserSession.objects.filter(user=user), now)


def end_sessions(actor: Actor, user: User, sessions: Any, now: datetime) -> int:
    """End these sessions of one person; those that had ended already are not recorded."""
    with transaction.atomic():
        keys: Iterable[str] = list(sessions.values_list("session_key", flat=True))
        ended, _by_model = Session.objects.filter(session_key__in=keys, expire_date__gt=now).delete()
        UserSession.objects.filter(session_key__in=keys).delete()
        if ended:
            record_event(actor, "session:end", Target.user(user.pk), now=now, details={"sessions": ended})
    return ended
