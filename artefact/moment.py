"""One moment for all that is built, so that the same files give the same bytes for one SOURCE_DATE_EPOCH."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

# The first that a zip file can tell.
MOMENT = "315532800"


@contextlib.contextmanager
def moment() -> Iterator[None]:
    """Within the block SOURCE_DATE_EPOCH is set, as it was given or to the first time that a zip file can tell."""
    before = os.environ.copy()
    os.environ.setdefault("SOURCE_DATE_EPOCH", MOMENT)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
