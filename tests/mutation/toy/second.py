"""A test of the toy that takes longer, and knows more."""

from __future__ import annotations

import time

from tests.mutation.toy.changed import Amount, doubled


def test_that_twice_three_is_six() -> None:
    time.sleep(0.01)
    assert doubled(Amount(3)) == 6
