"""Where sessions are kept: Django's table, which a page that changes nothing does not wait for (AVA-5)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib.messages.storage.session import SessionStorage
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.utils import timezone

from accounts.database.locks import write_unless_locked
from accounts.sessions.devices import LAST_SEEN
from accounts.sessions.keys import stored_key
from accounts.sessions.record import SIGNED_IN_AT

if TYPE_CHECKING:
    from django.contrib.sessions.base_session import AbstractBaseSession
    from django.db.models import QuerySet

# When the session was seen, and since when it lives where it did not say so: a sign-in stores that together with who
# signed in.
NOTED = {LAST_SEEN, SIGNED_IN_AT}
MESSAGES = SessionStorage.session_key
# Characters of the key that Django makes.
KEY_LENGTH = 32


class SessionStore(db.SessionStore):
    """Django's store, which holds digests of the keys.

    It tells an ended session from a failing database, and waits for no lock to store notes.
    """

    _as_loaded: str | bytes | None = None

    def load(self) -> dict[str, Any]:
        """The stored data of the session."""
        loaded: dict[str, Any] = super().load()
        self._as_loaded = self.serializer().dumps(loaded)
        return loaded

    # The key of a session that the release before this one began, which stored it as it is: machines are upgraded one
    # after the other, and nobody is signed out. It ends within 14 days; the next release need not know of it.
    _plain_key: str | None = None

    @property
    def stored_key(self) -> str:
        """What the database knows this session by; empty where it has no key."""
        key = self.session_key or ""
        return key if key == self._plain_key else stored_key(key)

    def exists(self, session_key: str) -> bool:
        """Whether there is a session of this key."""
        return super().exists(stored_key(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        """The row of this session."""
        row = super().create_model_instance(data)
        row.session_key = self.stored_key
        return row

    def delete(self, session_key: str | None = None) -> None:
        """Delete the session of this key, or this session."""
        key = session_key or self.session_key or ""
        Session.objects.filter(session_key__in=[stored_key(key), key]).delete()

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        live = Session.objects.filter(expire_date__gt=timezone.now())
        row = live.filter(session_key=self.stored_key).first() or self._begun_before(live)
        if row is None:
            self._session_key = None
        return row

    def _begun_before(self, live: QuerySet[Session]) -> Session | None:
        """The session of this key as the release before stored it; a digest, which is longer, is no key."""
        key = self.session_key or ""
        row = live.filter(session_key=key).first() if len(key) == KEY_LENGTH else None
        if row:
            self._plain_key = key
        return row

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        """Store the session; raises `UpdateError` where it has ended, and `DatabaseError`.

        A change of notes alone is left to the next page where another writer has the lock.
        """
        if not must_create and self._is_only_noted():
            write_unless_locked(partial(self._store, must_create=False))
        else:
            self._store(must_create=must_create)

    def _is_only_noted(self) -> bool:
        """Whether only notes changed since the session was loaded, and messages that were shown."""
        if self._as_loaded is None:
            return False
        before, after = self.serializer().loads(self._as_loaded), dict(self.items())
        changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        return changed <= NOTED or (changed <= {*NOTED, MESSAGES} and MESSAGES not in after)

    def _store(self, *, must_create: bool) -> None:
        try:
            super().save(must_create)
        except UpdateError as error:
            # Django takes every error of the database for an ended session. For a session that has really ended it
            # raises an error of its own.
            if error.__context__ is not None and type(error.__context__) is not DatabaseError:
                raise error.__context__ from None
            raise
