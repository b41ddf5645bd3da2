"""The client of docs/examples."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.clients.snippets import CLIENT, loaded


@pytest.fixture(scope="module")
def library() -> Iterator[ModuleType]:
    yield loaded("reference_tokens_client", CLIENT)
    del sys.modules["reference_tokens_client"]
