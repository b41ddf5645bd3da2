"""Requests that the event loop answers by itself, and the thread that runs the loop while such an answer waits.

A validation costs less than handing its request to a thread and its answer back: CPython lets one thread compute at a
time, and SQLite gives that turn away at each of its steps, so that the threads of a process wait for each other. What
only reads is therefore answered where it was received. Should the database be slow or silent then, another thread runs
the event loop meanwhile, and the threads of the machine addresses answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from tokens_project.server import limits
from tokens_project.server.room import in_one_piece

Result = TypeVar("Result")


class Relief:
    """Who runs the event loop: its own thread, or while that is held up, the relief."""

    def __init__(self, turn: Callable[[], None], wake: Callable[[], None], tell: Callable[[str], None]) -> None:
        # One turn of the loop; what ends a turn that waits; and where a turn that failed is told of.
        self._turn, self._wake, self._tell = turn, wake, tell
        # Whoever holds it may touch what belongs to the loop.
        self._loop = threading.Lock()
        self._loop.acquire()
        # When the loop's own thread began with an answer; 0 while it gives none.
        self._began = 0.0
        self._is_on = False
        self._mean = self._threads_until = 0.0
        # Set while answers are given: an idle process does nothing here.
        self._is_needed = threading.Event()
        threading.Thread(target=in_one_piece, args=(self._watch,), name="relief", daemon=True).start()

    @property
    def lets_the_loop_answer(self) -> bool:
        """Whether the loop answers by itself now: not while it is relieved, nor soon after answers that waited."""
        return not self._is_on and time.monotonic() >= self._threads_until

    def give(self, answer: Callable[[], Result]) -> Result:
        """Give an answer in the loop's own thread, which runs the loop again afterwards."""
        self._began = began = time.monotonic()
        if not self._is_needed.is_set():
            self._is_needed.set()
        self._loop.release()
        try:
            return answer()
        finally:
            self._began = 0.0
            if self._is_on:
                self._wake()
            self._loop.acquire()
            self._learn(time.monotonic() - began)

    def _learn(self, seconds: float) -> None:
        """Let the threads answer for a moment where answers wait: they wait side by side, the loop for one by one."""
        self._mean += (seconds - self._mean) / limits.ANSWERS_OF_MEAN
        if self._mean > limits.QUICK_SECONDS:
            self._mean, self._threads_until = 0.0, time.monotonic() + limits.THREADS_SECONDS

    def _is_late(self) -> bool:
        began = self._began
        return began > 0 and time.monotonic() - began > limits.RELIEF_SECONDS

    def _watch(self) -> None:
        """Run the loop while its own thread is held up."""
        while True:
            self._is_needed.wait()
            # Cleared before it is looked whether an answer is given: one that begins now sets it again.
            self._is_needed.clear()
            time.sleep(limits.RELIEF_SECONDS)
            if self._is_late():
                with self._loop:
                    self._relieve()
            if self._began:
                self._is_needed.set()

    def _relieve(self) -> None:
        """Run the loop until its own thread is back."""
        self._is_on = True
        try:
            while self._is_late():
                self._turn()
        except Exception:  # noqa: BLE001 - the loop's own thread goes on with it
            self._tell("The event loop's relief failed")
        finally:
            self._is_on = False
