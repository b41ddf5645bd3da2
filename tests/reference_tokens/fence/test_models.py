"""What rows of the fence are called."""

from __future__ import annotations

import pytest

from reference_tokens.models import FenceLine, FencePosition

pytestmark = pytest.mark.once


def test_rows_are_called_by_what_they_hold() -> None:
    assert (str(FencePosition(place=7)), str(FenceLine(text="a line"))) == ("7", "a line")
