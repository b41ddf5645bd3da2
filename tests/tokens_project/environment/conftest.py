from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the setting `NAME`."""
    return lambda value: monkeypatch.setenv("NAME", value)
