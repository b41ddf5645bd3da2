"""Lists that are read from a replica, where DATABASE_REPLICA_URL names one.

What a replica says may be some seconds old. So nothing is asked of it but what `read_from_replica` reads, and only
within `lists_may_be_behind`: of a request that shows something, of somebody who has done nothing lately. `Router` sends
every other query of Django's to the primary.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

import django.db
from django.db import DEFAULT_DB_ALIAS, connections

from accounts.database.deadlines import with_deadline
from accounts.database.errors import cause_of
from accounts.database.statement_time import statement_time, statements_uncounted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.models import Model

logger = logging.getLogger(__name__)

Read = TypeVar("Read")

REPLICA = "replica"
# A list is at most so many seconds behind what was done before it is asked for.
MOST_SECONDS_BEHIND = 10.0
# So often a process looks, at the most, how far the replica is; after it was away, so often whether it is back.
LOOK_SECONDS, AWAY_SECONDS = 2.0, 10.0
# So long a look may take; and a check of the settings between two of them.
LOOKING_SECONDS, CHECK_SECONDS = 1.0, 0.5
# How far the log of the primary is safe on its disk, and how far the replica has done what it says.
WRITTEN = "SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')"
REPLAYED = "SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')"


class Mark(NamedTuple):
    """How far the primary had written its log at an instant of the clock of this process."""

    at: float
    written: int


class Watch:
    """How far the replica is behind, as this process knows.

    No clock of a server is asked, nor the instant of the last commit, which says nothing while nobody writes: the
    replica is as old as the last mark of the primary that it has reached.
    """

    def __init__(self) -> None:
        # Held by the thread that looks; the others go by what was found before, and for no longer than that holds.
        self._looking = threading.Lock()
        self._looks_at = 0.0
        self._marks: deque[Mark] = deque(maxlen=int(2 * MOST_SECONDS_BEHIND / LOOK_SECONDS))
        # Held while these two change: until when what was found holds, and how often the replica was left.
        self._finding = threading.Lock()
        self._near_until = -math.inf
        self._leaves = 0

    def is_near(self) -> bool:
        """Whether the replica is near enough; looks from time to time, for all threads."""
        if self._looking.acquire(blocking=False):
            try:
                if time.monotonic() >= self._looks_at:
                    self._look()
            finally:
                self._looking.release()
        return time.monotonic() <= self._near_until

    def _look(self) -> None:
        leaves, began = self._leaves, time.monotonic()
        self._looks_at = began + LOOK_SECONDS
        try:
            with statements_uncounted():
                behind = self.seconds_behind()
        except django.db.Error as error:
            self.leave(f"the replica cannot be asked: {cause_of(error)}")
            return
        if behind > MOST_SECONDS_BEHIND and len(self._marks) == self._marks.maxlen:
            self.leave(f"the replica is more than {MOST_SECONDS_BEHIND:.0f} seconds behind")
        with self._finding:
            # Another thread may have met with a failure while this one looked.
            if self._leaves == leaves:
                self._near_until = began + MOST_SECONDS_BEHIND - behind

    def leave(self, why: str) -> None:
        """Read from the primary for now; the log says so once a minute."""
        connections[REPLICA].close()
        with self._finding:
            self._near_until, self._leaves = -math.inf, self._leaves + 1
            self._looks_at = time.monotonic() + AWAY_SECONDS
        logger.warning("lists are read from the primary: %s", why, extra={"once_a_minute": REPLICA})

    def seconds_behind(self) -> float:
        """How old it is at most, endless where it has reached no mark yet; raises `django.db.Error`."""
        now = time.monotonic()
        self._marks.append(Mark(now, number(DEFAULT_DB_ALIAS, WRITTEN)))
        replayed = with_deadline(LOOKING_SECONDS, number, REPLICA, REPLAYED)
        while len(self._marks) > 1 and self._marks[1].written <= replayed:
            self._marks.popleft()
        reached = self._marks[0]
        return now - reached.at if reached.written <= replayed else math.inf


def number(alias: str, statement: str) -> int:
    """The number that this database answers; raises `django.db.Error`, also for none."""
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)
        (found,) = cursor.fetchone()
    if found is None:
        raise django.db.OperationalError("it is no standby")
    return int(found)


class _OfThread(threading.local):
    may_be_behind: Callable[[], bool] | None = None
    is_reading = False


_thread = _OfThread()
watch = Watch()


@contextmanager
def lists_may_be_behind(ask: Callable[[], bool] | None) -> Iterator[None]:
    """In this block lists may be some seconds old, if `ask` says so when there is one; None: they may not."""
    around, _thread.may_be_behind = _thread.may_be_behind, ask
    try:
        yield
    finally:
        _thread.may_be_behind = around


def read_from_replica(read: Callable[[], Read]) -> Read:
    """What is read: from the replica where that is near and the request may be told what is some seconds old.

    What the replica fails at is read again from the primary, but not what took all the time that it had. Give it what
    reads and keeps nothing to be read later.
    """
    may_be_behind = _thread.may_be_behind
    if may_be_behind is None or REPLICA not in connections.settings:
        return read()
    # Not every request begins with a look at its connections.
    connections[REPLICA].close_if_unusable_or_obsolete()
    if not watch.is_near() or not may_be_behind():
        return read()
    allowed = statement_time()
    left = allowed.left if allowed else 0.0
    _thread.is_reading = True
    try:
        return read()
    except django.db.Error as error:
        if allowed and allowed.was_stopped:
            raise
        watch.leave(f"the replica does not answer: {cause_of(error)}")
    finally:
        _thread.is_reading = False
    if allowed:
        # The page has lost nothing by it.
        allowed.left = left
    return read()


def alias_for_reading() -> str:
    """The database that this thread reads from now."""
    return REPLICA if _thread.is_reading else DEFAULT_DB_ALIAS


def connection_for_reading() -> Any:
    """The connection to it, for a statement that is not Django's."""
    return connections[alias_for_reading()]


def check_replica() -> str:
    """What is found behind DATABASE_REPLICA_URL, in words; raises `django.db.Error` where it is of no use."""
    if REPLICA not in connections.settings:
        return "none"
    own, ends_at = Watch(), time.monotonic() + MOST_SECONDS_BEHIND
    while (behind := own.seconds_behind()) > MOST_SECONDS_BEHIND:
        if time.monotonic() > ends_at:
            raise django.db.OperationalError(f"it is more than {MOST_SECONDS_BEHIND:.0f} seconds behind")
        time.sleep(CHECK_SECONDS)
    place = connections[REPLICA].settings_dict
    return f"{place['HOST']}:{place['PORT']}/{place['NAME']}: a standby, at most {behind:.1f} seconds behind"


class Router:
    """Which database Django asks."""

    def db_for_read(self, _model: type[Model], **_hints: Any) -> str:
        """The primary, also for what belongs to a row that came from the replica, but for `read_from_replica`."""
        return alias_for_reading()

    def db_for_write(self, _model: type[Model], **_hints: Any) -> str:
        """The primary."""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, _one: Model, _other: Model, **_hints: Any) -> Literal[True]:
        """A row is the same in both."""
        return True

    def allow_migrate(self, alias: str, _app_label: str, **_hints: Any) -> bool:
        """The replica follows by itself."""
        return alias == DEFAULT_DB_ALIAS
