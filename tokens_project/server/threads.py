"""The threads that answer requests."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from tokens_project.server import limits
from tokens_project.server.paths import HEALTH_PATH, is_about_leaks, is_machine_path
from tokens_project.server.room import in_one_piece


class Threads:
    """A fixed number of threads that run jobs in turn; `most_waiting` jobs may wait for them."""

    def __init__(self, number: int, name: str, *, most_waiting: float) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._number = number
        self._most_waiting = most_waiting
        for _each in range(number):
            # A thread that waits for a dead database must not keep the process from ending.
            threading.Thread(target=in_one_piece, args=(self._run,), name=name, daemon=True).start()

    @property
    def are_overrun(self) -> bool:
        """Whether as many jobs wait already as may."""
        return self._jobs.qsize() >= self._most_waiting

    def submit(self, job: Callable[[], None]) -> None:
        """Run the job in the next thread that is free."""
        self._jobs.put(job)

    def shutdown(self, *, wait: bool = False) -> None:  # noqa: ARG002 - as gunicorn calls its pool
        """End each thread after its job."""
        for _each in range(self._number):
            self._jobs.put(None)

    def _run(self) -> None:
        while job := self._jobs.get():
            job()


class Pools:
    """The threads of a process. Machine addresses have their own, and the one that needs no database has one more.

    So have reports of leaks, since their answers wait: nobody may keep the others busy with them.
    """

    def __init__(self, number: int, connections: int) -> None:
        self.sites = Threads(number, "site", most_waiting=limits.SHARE_OF_SITES * connections)
        self._machines = Threads(number, "machine", most_waiting=limits.SHARE_OF_MACHINES * connections)
        self._leaks = Threads(1, "leaks", most_waiting=limits.SHARE_OF_LEAKS * connections)
        self._health = Threads(1, "health", most_waiting=limits.SHARE_OF_HEALTH * connections)

    def of(self, path: str) -> Threads:
        """Those that answer at this path."""
        if path == HEALTH_PATH:
            return self._health
        if is_about_leaks(path):
            return self._leaks
        return self._machines if is_machine_path(path) else self.sites
