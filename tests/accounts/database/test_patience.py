"""How long a thread waits for its database: what surrounds a wait is never made longer by it."""

from __future__ import annotations

import math

import pytest

from accounts.database.patience import answered_within, waits_until

pytestmark = pytest.mark.once


def test_nobody_who_has_set_no_patience_loses_it() -> None:
    assert waits_until() == math.inf


def test_a_patience_ends_with_what_it_was_for_however_that_ends() -> None:
    assert answered_within(5, waits_until) < math.inf
    with pytest.raises(ZeroDivisionError):
        answered_within(5, lambda: 1 / 0)
    assert waits_until() == math.inf


def test_a_patience_within_another_may_be_shorter_and_never_longer() -> None:
    def within() -> list[float]:
        return [waits_until(), answered_within(1, waits_until), answered_within(100, waits_until), waits_until()]

    before, shorter, longer, after = answered_within(50, within)
    assert shorter < before == longer == after
