"""Whatever machines, people and operators send is read or refused: the inputs that runs begin with, and that failed."""

from __future__ import annotations

import pytest

from tests.fuzzing.corpus import inputs_of
from tests.fuzzing.targets import LONGEST, TARGETS, most_steps, steps_of

pytestmark = pytest.mark.once


@pytest.mark.parametrize("name", TARGETS)
def test_t35_every_input_is_read_or_refused_within_its_steps(name: str) -> None:
    for data in inputs_of(name):
        assert len(data) <= LONGEST
        assert steps_of(TARGETS[name], data) <= most_steps(data), data
