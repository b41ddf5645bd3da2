"""The background worker of each server process: it sends the mails that are due, and does the housekeeping.

A mail is sent soon after the commit that stored it; once a minute those follow that another process stored or that
failed. One process of all, on any machine, does the housekeeping soon after a start and once an hour.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

import django.db
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from accounts.database.locks import let_page_follow
from accounts.outbox.delivery import send_due_mails
from accounts.outbox.entries import entries_are_due
from reference_tokens.maintenance.fence import look_after_fence
from reference_tokens.maintenance.housekeeping import HOUSEKEEPING, do_housekeeping
from reference_tokens.maintenance.token_numbers import keep_token_numbers
from reference_tokens.models import Lease
from reference_tokens.restoring.holding import fence_is_owed

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_ROUNDS = 60
HOUR = timedelta(hours=1)
PAUSE_AFTER_FAILURE = timedelta(minutes=5)
# A little less than five rounds, so that it waits for no sixth.
BETWEEN_COUNTS = timedelta(minutes=5) - timedelta(seconds=5)
COUNTING = "counting of tokens"


class BackgroundWorker:
    """The thread of one server process, from its start to its end."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread; call it in the process that serves, since a thread does not survive a fork."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="background-worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the mail that it is sending; for the end of the process."""
        self._stop.set()
        entries_are_due.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.is_set():
            entries_are_due.clear()
            self.run_once(timezone.now())
            entries_are_due.wait(SECONDS_BETWEEN_ROUNDS)
            let_page_follow(self._stop)

    def _may_go_on(self) -> bool:
        return not self._stop.is_set()

    def run_once(self, now: datetime) -> None:
        """Do one round; an error is logged, and the next round tries again."""
        try:
            if fence_is_owed():
                look_after_fence(now)
            # Mails first: somebody waits for a link.
            send_due_mails(may_go_on=self._may_go_on)
            count_tokens(now)
            if take_lease(HOUSEKEEPING, HOUR, now):
                self._keep_house(now)
        except Exception:
            logger.warning("housekeeping failed; it will be tried again", exc_info=True)
        finally:
            # A minute without work needs no connection, and a connection that the database closed must not be kept.
            connection.close()

    def _keep_house(self, now: datetime) -> None:
        try:
            do_housekeeping(now=now, may_go_on=self._may_go_on)
        except Exception:
            # Of all processes one tries again soon, not after an hour.
            give_back_lease(HOUSEKEEPING, HOUR, now, PAUSE_AFTER_FAILURE)
            raise


def count_tokens(now: datetime) -> None:
    """Count tokens for `/metrics`, where anybody may ask there; an error is logged, and the next round tries again."""
    try:
        if settings.METRICS_TOKEN and take_lease(COUNTING, BETWEEN_COUNTS, now):
            try:
                keep_token_numbers(now)
            except django.db.Error:
                give_back_lease(COUNTING, BETWEEN_COUNTS, now, timedelta(0))
                raise
    except django.db.Error:
        logger.warning("tokens could not be counted; it will be tried again", exc_info=True)


def take_lease(name: str, duration: timedelta, now: datetime) -> bool:
    """Take the lease of a piece of work for so long; returns whether this call, of several at once, has it."""
    # A lease that ends later than any can was taken by a clock that was ahead.
    is_free = Q(until__lte=now) | Q(until__gt=now + duration)
    _lease, is_first = Lease.objects.get_or_create(name=name, defaults={"until": now + duration})
    free = Lease.objects.filter(is_free, name=name)
    # It asks first, since on SQLite an update waits for every other writer.
    return is_first or (free.exists() and free.update(until=now + duration) == 1)


def give_back_lease(name: str, duration: timedelta, now: datetime, pause: timedelta) -> None:
    """Note that the work failed for which `take_lease` gave the lease; any process may do it after a pause.

    By a new connection: that the old one is lost may be why it failed.
    """
    connection.close()
    Lease.objects.filter(name=name, until=now + duration).update(until=now + pause, failed_at=now)


background_worker = BackgroundWorker()
