"""The geometry of drawings of daily counts, in whole numbers; templates draw it with attributes and classes only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import log1p
from typing import NamedTuple

# The width of one day; a page stretches a chart to the width it has, so that only the proportions matter.
DAY_WIDTH, BAR_WIDTH = 10, 8
CHART_HEIGHT = 120
SPARK_STEP, SPARK_HEIGHT = 4, 28
# A day with any count is visible, however high the other days are.
LEAST_HEIGHT = 3
ROUND_DIGITS = (1, 2, 3, 4, 5, 6, 8)


class DayCount(NamedTuple):
    """How often a token was accepted and refused on a day (UTC)."""

    day: date
    accepted: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of one bar for each day; the last day, which is not over, is drawn apart."""

    past: str
    today: str
    width: int
    height: int
    # The numbers beside the chart, from the top down.
    ticks: list[int]


@dataclass(frozen=True, slots=True)
class Line:
    """A line through the days. It goes on around and below its frame, which cuts it off: so it can be filled."""

    line: str
    width: int
    height: int


def every_day(counts: Sequence[DayCount], last: date, days: int) -> list[DayCount]:
    """One count for each of so many days up to the last; a day without a count is zero."""
    known = {count.day: count for count in counts}
    wanted = (last - timedelta(days=back) for back in reversed(range(days)))
    return [known.get(day) or DayCount(day) for day in wanted]


def bars(values: Sequence[int]) -> Bars:
    """The bars of the values; the round number above the greatest is the full height."""
    top = round_top(max(values))
    drawn = [bar(number, height_of(value, top, CHART_HEIGHT)) for number, value in enumerate(values)]
    return Bars(
        past="".join(drawn[:-1]),
        today=drawn[-1],
        width=len(values) * DAY_WIDTH,
        height=CHART_HEIGHT,
        ticks=[top, 0] if top % 2 else [top, top // 2, 0],
    )


def bar(number: int, height: int) -> str:
    """The path of a bar; nothing for no height."""
    x = number * DAY_WIDTH + (DAY_WIDTH - BAR_WIDTH) // 2
    return f"M{x} {CHART_HEIGHT}v-{height}h{BAR_WIDTH}v{height}z" if height else ""


def line(values: Sequence[int], top: int) -> Line:
    """The line through the values, on a logarithmic scale; `top` is as high as it can get."""
    # Room for half the stroke above the highest point and below the lowest.
    levels = [SPARK_HEIGHT - 1 - logarithmic_height(value, top, SPARK_HEIGHT - 2) for value in values]
    steps = [f"h{SPARK_STEP}" if low == high else f"l{SPARK_STEP} {high - low}" for low, high in pairwise(levels)]
    width, beyond = (len(values) - 1) * SPARK_STEP, SPARK_STEP
    path = f"M-{beyond} {levels[0]}h{beyond}{''.join(steps)}h{beyond}V{SPARK_HEIGHT + beyond}H-{beyond}z"
    return Line(path, width, SPARK_HEIGHT)


def height_of(value: int, top: int, height: int) -> int:
    """The height of a value."""
    return max(value * height // top, LEAST_HEIGHT) if value else 0


def logarithmic_height(value: int, top: int, height: int) -> int:
    """The height of a value where ten times as many are always as much higher.

    Lines of one list have one scale, and one of its tokens may be used a million times as often as another.
    """
    return max(int(height * (log1p(value) / log1p(top))), LEAST_HEIGHT) if value else 0


def round_top(value: int) -> int:
    """The least round number that is not below the value; at least one."""
    return next(number for number in round_numbers() if number >= value)


def round_numbers() -> Iterator[int]:
    """1, 2, 3, 4, 5, 6, 8, 10, 20, 30 and so on."""
    power = 1
    while True:
        yield from (digit * power for digit in ROUND_DIGITS)
        power *= 10
