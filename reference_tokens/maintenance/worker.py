"""What each server process does by itself: it sends mails that are due, and keeps house.

Mails go out soon after the commit that noted them, and every minute, for those that another process noted or that
failed. Housekeeping is done soon after a start and once an hour, by one process of all, on whatever machine.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from accounts.outbox.delivery import send_due_mails
from accounts.outbox.entries import entries_are_due
from reference_tokens.maintenance.housekeeping import HOUSEKEEPING, keep_house
from reference_tokens.models import Lease

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_ROUNDS = 60
HOUR = timedelta(hours=1)


class Caretaker:
    """The thread of one server process that does this, from its start to its end."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; call it in the process that serves, since a thread does not survive a fork."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._work, name="caretaker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the mail that is being sent; for the end of the process."""
        self._stop.set()
        entries_are_due.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _work(self) -> None:
        while not self._stop.is_set():
            entries_are_due.clear()
            self.look_after(timezone.now())
            entries_are_due.wait(SECONDS_BETWEEN_ROUNDS)

    def _may_go_on(self) -> bool:
        return not self._stop.is_set()

    def look_after(self, now: datetime) -> None:
        """One round. Whatever goes wrong is logged, and tried again in the next one."""
        try:
            # First: somebody waits for a link.
            send_due_mails(may_go_on=self._may_go_on)
            if take_lease(HOUSEKEEPING, HOUR, now):
                keep_house(now=now, may_go_on=self._may_go_on)
        except Exception:
            logger.warning("housekeeping failed; it will be tried again", exc_info=True)
        finally:
            # A minute without work needs no connection, and one that the database has closed must not be kept.
            connection.close()


def take_lease(name: str, duration: timedelta, now: datetime) -> bool:
    """Whether this call took a piece of work for so long: of several at once, in any process, one does."""
    # One that ends later than any could, was taken by a clock that was ahead.
    is_free = Q(until__lte=now) | Q(until__gt=now + duration)
    _lease, is_first = Lease.objects.get_or_create(name=name, defaults={"until": now + duration})
    free = Lease.objects.filter(is_free, name=name)
    # Looked at first, since on SQLite an update waits for every other writer.
    return is_first or (free.exists() and free.update(until=now + duration) == 1)


caretaker = Caretaker()
