"""The statistic by which the long run compares times (tests/test_timing_of_answers.py); nothing is measured here."""

from __future__ import annotations

import pytest

from tests.timing import share_of_pairs, what_tells

pytestmark = pytest.mark.once


def test_the_share_of_pairs_is_a_half_where_nothing_can_be_told() -> None:
    assert share_of_pairs([1, 2, 3], [1, 2, 3]) == 0.5
    assert share_of_pairs([4, 5], [1, 2, 3]) == 1
    assert share_of_pairs([1, 2], [2, 3]) == 0.125


def test_a_class_that_takes_longer_is_told() -> None:
    same = list(range(1000, 1100))
    assert what_tells({"unknown": same, "wrong": same}) == []
    assert len(what_tells({"unknown": same, "wrong": [time + 30 for time in same]})) == 1
    assert what_tells({"unknown": same, "wrong": [2 * time for time in same]}) == [
        "wrong: longer than unknown in 100.0% of pairs, median +100.0%"
    ]
