"""Noting uses of tokens (TOK-13) and answers in memory, and writing them in batches, off the request path.

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

from reference_tokens.usage.batch import Answer, Batch, DailyOutcome, Use, UseSource
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

    def note_use(self, token_id: UUID, use: Use, *, is_first_use: bool) -> None:
        """Note a use. Costs a few dictionary writes; no database, no waiting."""
        with self._lock:
            self._pending.outcomes[DailyOutcome(token_id, use.at.date(), True)] += 1
            self._pending.sources[UseSource(token_id, use.server_id, use.address)] = use.at
            noted = self._pending.uses.get(token_id)
            # Requests that run side by side may come here in another order than they read the clock.
            if noted is None or noted.at <= use.at:
                self._pending.uses[token_id] = use
        self._start()
        if is_first_use:
            self._wake.set()

    def note_refusal(self, token_id: UUID, at: datetime) -> None:
        """Note that a stored token was refused. Costs as little."""
        with self._lock:
            self._pending.outcomes[DailyOutcome(token_id, at.date(), False)] += 1
        self._start()

    def note_answer(self, client_id: str, outcome: str, at: datetime) -> None:
        """Note an answer. Costs as little."""
        with self._lock:
            self._pending.answers[Answer(at.date(), client_id, outcome)] += 1
            if client_id:
                self._pending.last_asked[client_id] = at
        self._start()

    def flush(self) -> int:
        """Write what is noted, in one transaction; returns how many tokens. A failed batch is kept, and raises."""
        with self._writing:
            with self._lock:
                batch, self._pending = self._pending, Batch()
            try:
                store_batch(batch)
            except BaseException:
                with self._lock:
                    self._pending = batch.before(self._pending)
                raise
            return len(batch.uses)

    def stop(self) -> None:
        """Write the last batch and end the thread; for the end of the process."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        self._try_to_flush()

    def _start(self) -> None:
        if self._thread is not None or not self.runs_in_background:
            return
        with self._lock:
            # Started here, at the first use: a thread does not survive the fork that makes a server's worker.
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
            connection.close()


recorder = UsageRecorder()
atexit.register(recorder.stop)


def note_use(
    token_id: UUID, *, at: datetime, is_first_use: bool, server_id: int | None = None, address: str | None = None
) -> None:
    """Note that a token was used."""
    recorder.note_use(token_id, Use(at.replace(microsecond=0), server_id, address), is_first_use=is_first_use)


def note_refusal(token_id: UUID, *, at: datetime) -> None:
    """Note that a stored token was refused."""
    recorder.note_refusal(token_id, at)


def note_answer(client_id: str, outcome: str, at: datetime) -> None:
    """Note what was answered, and to whom."""
    recorder.note_answer(client_id, outcome, at)
