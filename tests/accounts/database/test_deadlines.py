"""How long a thread waits for its database: what surrounds a wait is never made longer by it."""

from __future__ import annotations

import math

import pytest

from accounts.database.deadlines import deadline_of_thread, with_deadline

pytestmark = pytest.mark.once


def test_nobody_who_has_set_no_patience_loses_it() -> None:
    assert deadline_of_thread() == math.inf


def test_a_patience_ends_with_what_it_was_for_however_that_ends() -> None:
    assert with_deadline(5, deadline_of_thread) < math.inf
    with pytest.raises(ZeroDivisionError):
        with_deadline(5, lambda: 1 / 0)
    assert deadline_of_thread() == math.inf


def test_a_patience_within_another_may_be_shorter_and_never_longer() -> None:
    def within() -> list[float]:
        return [
            deadline_of_thread(),
            with_deadline(1, deadline_of_thread),
            with_deadline(100, deadline_of_thread),
            deadline_of_thread(),
        ]

    before, shorter, longer, after = with_deadline(50, within)
    assert shorter < before == longer == after
