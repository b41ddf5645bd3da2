"""Validations while something else goes on: the time within which 99 of 100 come, beside that in quiet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

from tests.bench import client
from tests.bench.bars import Finding, at_most
from tests.bench.contestants import Contestant
from tests.bench.databases import Database

AT_ONCE = 20
IN_QUIET = 25
PAUSE_SECONDS = 0.1


def no_slower(what: str, quiet: list[float], troubled: list[float]) -> Finding:
    """What AVA-1 and AVA-3 allow: three times as long as in quiet, and 50 ms."""
    in_quiet, in_trouble = client.percentile(quiet, 0.99), client.percentile(troubled, 0.99)
    return at_most(f"{what}: p99 of validations, {in_quiet:.1f} ms in quiet", 3 * in_quiet + 50, in_trouble, " ms", 1)


class Validations:
    """Few validations at a time of random tokens by a running server; each answer tells whether the token is active.

    Some may be revoked meanwhile.
    """

    def __init__(self, database: Database, contestant: Contestant, port: int) -> None:
        self._draw, self._database, self._contestant, self._port = Random(12), database, contestant, port

    def some(self) -> list[float]:
        """How long each of a few took."""
        requests = [self._contestant.request(token) for token in self._draw.choices(self._database.tokens, k=AT_ONCE)]
        time.sleep(PAUSE_SECONDS)
        return client.load(self._port, requests, b'"active"', connections=2).latencies

    def beside(self, what: str, act: Callable[[], Any]) -> tuple[Any, Finding]:
        """What an act found; and how long validations took meanwhile, beside before. Raises what failed of either."""
        quiet = [latency for _ in range(IN_QUIET) for latency in self.some()]
        over, troubled = threading.Event(), list[float]()

        def validate() -> None:
            while not over.is_set():
                troubled.extend(self.some())

        with ThreadPoolExecutor(1) as pool:
            validating = pool.submit(validate)
            try:
                found = act()
            finally:
                over.set()
            validating.result()
        return found, no_slower(what, quiet, troubled)
