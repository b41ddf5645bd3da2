"""What an act makes the product do: its own functions and what these call of C, each as often as it is called.

Where two answers are to cost the same work, these are the same. They depend on no machine and on nothing that runs
beside, as a time does. Nothing is logged meanwhile: how often a line is told depends on those before it.
"""

from __future__ import annotations

import gc
import logging
import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

from tests.command_line import BASE_DIR

# What measures coverage takes part of itself out of the code as that runs.
PROBES = "slipcover.probe"
OURS = tuple(f"{BASE_DIR}/{package}/" for package in ("accounts", "reference_tokens", "tokens_project", "trusted_apps"))


def calls_made(act: Callable[[], object]) -> Counter[str]:
    """The calls of one act, by name; it is done once before, so that nothing is compiled or imported in it."""
    act()
    calls: Counter[str] = Counter()

    def note(frame: FrameType, event: str, function: Any) -> None:
        code = frame.f_code
        if not code.co_filename.startswith(OURS):
            return
        if event == "call":
            calls[code.co_qualname] += 1
        elif event == "c_call" and function.__module__ != PROBES:
            calls[f"{function.__qualname__} in {code.co_qualname}"] += 1

    before = sys.getprofile()
    gc.collect()
    gc.disable()
    logging.disable()
    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(before)
        logging.disable(logging.NOTSET)
        gc.enable()
    return calls
