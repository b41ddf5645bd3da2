"""Noting uses of tokens (TOK-13), refusals (TOK-16) and answers in memory; batches are written off the request path.

A request only puts entries into dictionaries. One thread of each process writes the batch every few seconds, within
one second where a token is used for the first time, and once more when the process stops. `kill -9` loses at most
the seconds since the last batch; a batch that cannot be written is kept.
"""

from __future__ import annotations

import atexit
import logging
import threading
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection

from accounts import events
from accounts.events import Event
from reference_tokens.usage.batch import Batch, Source
from reference_tokens.usage.noted_refusals import Refused
from reference_tokens.usage.store import store_batch

logger = logging.getLogger(__name__)

FIRST_USE_FLUSH_SECONDS = 0.5


class UsageRecorder:
    """The uses and answers of one process that are not written yet, and the thread that writes them."""

    def __init__(self) -> None:
        self._pending = Batch()
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.runs_in_background = True

    def note(  # noqa: PLR0913 - what a validation knows
        self,
        outcome: str,
        *,
        at: datetime,
        door: str = "",
        seconds: float = 0.0,
        client_id: str = "",
        token_id: UUID | None = None,
        source: Source | None = None,
        is_first_use: bool = False,
    ) -> None:
        """Note what a Resource Server ("" for none) was answered at a door, in how long, and about which stored token.

        A token with a source was used from there; one without was refused. Costs a few dictionary writes; no
        database, no waiting.
        """
        day = at.date()
        with self._lock:
            noted = self._pending.note_answer(day, client_id, outcome, door, seconds, at)
            if token_id is not None:
                self._pending.note_token(noted, token_id, source, at)
        if self._thread is None:
            self.start()
        if is_first_use:
            self._wake.set()

    def note_refusal(self, refused: Refused, at: datetime) -> None:
        """Note why a door refused. Costs a dictionary write; no database, no waiting."""
        with self._lock:
            self._pending.refusals.note(refused, at)
        if self._thread is None:
            self.start()

    def flush(self) -> int:
        """Write what is noted, in portions; returns how many tokens. What cannot be written is kept, and it raises."""
        with self._writing:
            with self._lock:
                batch, self._pending = self._pending, Batch()
            batch.events += events.take_counts()
            count = batch.used_tokens()
            try:
                store_batch(batch)
            except BaseException:
                with self._lock:
                    # The later one is small: it holds what was noted while the earlier one was being written.
                    batch.add(self._pending)
                    self._pending = batch
                raise
            tell_what_is_lost(batch)
            events.count(Event.USE_LOST, batch.left_out + batch.refusals.left_out)
            return count

    def stop(self) -> None:
        """Write the last batch and end the thread; for the end of the process."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        self._try_to_flush()

    def start(self) -> None:
        """Start the thread, where none runs: what pages count is written too."""
        if not self.runs_in_background:
            return
        with self._lock:
            # In the process that serves, at the first use at the latest: a thread does not survive a fork.
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_batches, name="usage", daemon=True)
                self._thread.start()

    def _write_batches(self) -> None:
        while not self._stop.is_set():
            if self._wake.wait(settings.LAST_USED_FLUSH_SECONDS):
                self._wake.clear()
                # Somebody may watch the page for a token's first use; other uses join its batch.
                self._stop.wait(FIRST_USE_FLUSH_SECONDS)
            self._try_to_flush()
        connection.close()

    def _try_to_flush(self) -> None:
        try:
            self.flush()
        except Exception:
            logger.warning("last-used times could not be written; they are kept for the next try", exc_info=True)
            tell_what_is_lost(self._pending)
            connection.close()


def tell_what_is_lost(batch: Batch) -> None:
    """Say in the log what there was no room for."""
    if batch.left_out:
        logger.warning("%d uses and refusals are lost: too many tokens wait to be written", batch.left_out)
    if batch.refusals.left_out:
        logger.warning(
            "%d refusals are in no list: too many tokens were refused since the last ones were written",
            batch.refusals.left_out,
            extra={"once_a_minute": ""},
        )


recorder = UsageRecorder()
atexit.register(recorder.stop)
