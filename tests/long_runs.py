"""How often a test tries something by chance: a few times in `make test`, many times in `make test-long`."""

from __future__ import annotations

import os

IS_LONG = os.environ.get("LONG") == "1"


def rounds(usual: int, *, long: int) -> int:
    """How many rounds this run takes; mark the tests that ask with `long_run`, by which `make test-long` finds them."""
    return long if IS_LONG else usual
