"""The thread of each server process that sends the audit log to a log system, where `AUDIT_STREAM` names one.

One process at a time sends. A destination that takes nothing is tried again, and holds up nothing but this thread.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.audit.streaming.stream import is_behind, send_portion
from reference_tokens.maintenance.audit_log import STREAM
from reference_tokens.maintenance.worker import take_lease
from reference_tokens.models import Lease

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_ROUNDS = 2
PAUSE_AFTER_FAILURE = timedelta(seconds=10)
# A portion that takes longer may be sent by another process too.
FOR_A_PORTION = timedelta(minutes=1)


class StreamWorker:
    """The thread of one server process, from its start to its end."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread, where there is a stream, in the process that serves: a thread does not survive a fork."""
        if settings.AUDIT_STREAM:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name="audit-stream", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread after the portion that it is sending; for the end of the process."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.run_once()
            self._stop.wait(SECONDS_BETWEEN_ROUNDS)
        connection.close()

    def run_once(self) -> None:
        """Send what waits; an error is logged, and the next round tries again."""
        try:
            while not self._stop.is_set() and is_behind() and take_lease(STREAM, FOR_A_PORTION, now := timezone.now()):
                send_leased(now + FOR_A_PORTION)
        except Exception as error:
            logger.warning(
                "AUDIT_STREAM: the audit log could not be sent; it will be tried again: %s",
                error,
                exc_info=not isinstance(error, OSError),
                extra={"once_a_minute": ""},
            )
            connection.close()


def send_leased(until: datetime) -> None:
    """Send a portion under the lease that ends then, and give it back; what failed is told on Home, and pauses."""
    lease = Lease.objects.filter(name=STREAM, until=until)
    try:
        send_portion()
    except Exception:
        now = timezone.now()
        lease.update(until=now + PAUSE_AFTER_FAILURE, failed_at=now)
        raise
    now = timezone.now()
    lease.update(until=now, done_at=now)


stream_worker = StreamWorker()
