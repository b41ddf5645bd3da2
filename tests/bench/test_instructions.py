"""What one validation takes, in counts that no machine changes (`tests/bench/instructions.py`)."""

from __future__ import annotations

from functools import cache

import pytest

from tests.bench import instructions

pytestmark = pytest.mark.once

TOLERANCE = 0.03


@cache
def counted() -> dict[str, int]:
    return instructions.counted()


def test_validation_reads_twice_and_renders_nothing() -> None:
    assert counted()["statements"] == 2
    assert counted()["template_calls"] == 0


@pytest.mark.parametrize("name", ["instructions", "calls_into_c"])
def test_validation_takes_as_much_as_it_did(name: str) -> None:
    stored = instructions.stored()
    if stored is None:
        pytest.skip(f"no counts are stored for Python {instructions.VERSION}: {instructions.COMMAND}")
    change = counted()[name] / stored[name] - 1
    assert abs(change) <= TOLERANCE, (
        f"One validation takes {counted()[name]} {name}, {change:+.1%} against what is stored. If that is meant, "
        f"renew it with `{instructions.COMMAND}`; else find what costs more."
    )
