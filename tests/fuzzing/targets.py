"""What is fuzzed, by its name, the slow ones first: each takes any bytes, and fails where its first line is wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from tests.fuzzing import credentials, machines, operators, people

Target = Callable[[bytes], None]

TARGETS: dict[str, Target] = {
    one.__name__: one
    for one in (
        machines.configuration,
        machines.document,
        people.filters,
        operators.setting,
        operators.backup,
        machines.request,
        machines.delivery,
        machines.signed_message,
        people.log_filters,
        operators.environment_file,
        machines.leak_report,
        machines.github_report,
        machines.cursor,
        credentials.form,
        people.spreadsheet,
        operators.fence_line,
        machines.instant,
        people.position,
        credentials.token,
        credentials.header,
    )
}
LONGEST = 4096
# Lines of Python that one input may take: some for any, and so many for each of its bytes. No clock is asked.
STEPS, STEPS_A_BYTE = 60_000, 400


def steps_of(target: Target, data: bytes) -> int:
    """How many lines of Python this input takes, in this thread; raises what the target raises."""
    steps = 0

    def count(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal steps
        # What measures coverage takes part of itself out of the code now and then.
        if str(frame.f_globals.get("__name__")).startswith("slipcover."):
            return None
        steps += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        target(data)
    finally:
        sys.settrace(before)
    return steps


def most_steps(data: bytes) -> int:
    """How many lines of Python an input of this length may take."""
    return STEPS + STEPS_A_BYTE * len(data)
