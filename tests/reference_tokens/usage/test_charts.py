"""The geometry of the charts: every day has its place, and what is not nothing is seen."""

from __future__ import annotations

import re
from datetime import date
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_tokens.usage.charts import CHART_HEIGHT, DayCount, bar, bars, every_day, line, round_top

pytestmark = pytest.mark.once

LAST = date(2027, 3, 1)


def test_a_day_without_a_count_is_zero() -> None:
    days = every_day([DayCount(date(2027, 2, 28), 5, 1)], LAST, 3)
    assert days == [DayCount(date(2027, 2, 27)), DayCount(date(2027, 2, 28), 5, 1), DayCount(LAST)]


def test_a_day_outside_of_the_wanted_ones_is_left_out() -> None:
    assert every_day([DayCount(date(2027, 2, 1), 5)], LAST, 2) == [DayCount(date(2027, 2, 28)), DayCount(LAST)]


@pytest.mark.parametrize(
    ("value", "top"), [(0, 1), (1, 1), (2, 2), (3, 3), (5, 5), (7, 8), (9, 10), (11, 20), (1_234_567, 2_000_000)]
)
def test_the_top_of_a_chart_is_a_round_number(value: int, top: int) -> None:
    assert round_top(value) == top


def test_bars_are_as_high_as_their_part_and_today_stands_apart() -> None:
    drawing = bars([0, 5, 10])
    assert drawing.past == f"M11 {CHART_HEIGHT}v-60h8v60z"
    assert drawing.today == f"M21 {CHART_HEIGHT}v-120h8v120z"
    assert (drawing.width, drawing.ticks) == (30, [10, 5, 0])


def test_no_use_draws_no_bar_and_still_a_scale() -> None:
    drawing = bars([0, 0])
    assert (drawing.past, drawing.today, drawing.ticks) == ("", "", [1, 0])


def test_one_use_is_seen_beside_a_million() -> None:
    assert bars([1, 1_000_000]).past == bar(0, 3)


def test_a_line_goes_through_every_day_and_around_its_frame_which_cuts_it_off() -> None:
    drawing = line([0, 10, 5, 5], 10)
    assert drawing.line == "M-4 27h4l4 -26l4 7h4h4V32H-4z"
    assert (drawing.width, drawing.height) == (12, 28)


def test_two_lines_of_one_scale_can_be_compared() -> None:
    assert line([0, 5], 10).line == "M-4 27h4l4 -19h4V32H-4z"


def test_a_line_shows_when_a_token_is_used_beside_one_that_is_used_a_million_times_as_often() -> None:
    heights = [27 - level for level in levels_of(line([0, 1, 10, 100, 10_000, 1_000_000], 1_000_000).line)]
    assert heights == [0, 3, 4, 8, 17, 26]


@given(st.lists(st.integers(0, 10**12), min_size=2, max_size=90))
def test_nothing_is_drawn_outside_of_its_frame(values: list[int]) -> None:
    drawing = bars(values)
    heights = [int(part.partition("h")[0]) for part in (drawing.past + drawing.today).split("v-")[1:]]
    assert len(heights) == sum(value > 0 for value in values)
    assert all(3 <= height <= CHART_HEIGHT for height in heights)
    found = line(values, max(values)).line
    levels = levels_of(found)
    assert len(levels) == len(values)
    assert all(1 <= level <= 27 for level in levels)


def levels_of(path: str) -> list[int]:
    """The heights that a line goes through."""
    first, *steps = re.findall(r"(?<=M-4 )\d+|(?<=l4 )-?\d+|h4", path.removesuffix("h4V32H-4z").replace("h4", "", 1))
    return list(accumulate(0 if step == "h4" else int(step) for step in (first, *steps)))
