"""What `check_settings` looks at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.openid.liar import Liar, lying
from tests.postgresql import free_port


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """The data folder, which nobody else looks into; and a port that nobody listens on."""
    settings.PORT = free_port()
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir(mode=0o700)
    return tmp_path / "data"


@pytest.fixture
def provider() -> Iterator[Liar]:
    """A web server that says what a test wants it to say."""
    with lying() as made:
        yield made
