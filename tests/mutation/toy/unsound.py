"""Two tests of the toy: the second, which is quicker, passes after the first alone."""

from __future__ import annotations

import time

from tests.mutation.toy.changed import Amount, doubled

LAID: list[int] = []


def test_that_lays_something() -> None:
    # Far longer than the other one takes, also where the machine is busy.
    time.sleep(1)
    LAID.append(doubled(Amount(1)))


def test_that_takes_what_was_laid() -> None:
    assert doubled(Amount(1)) in LAID
