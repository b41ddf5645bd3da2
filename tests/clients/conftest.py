"""The client of docs/examples."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.clients.snippets import CLIENT, loaded


@pytest.fixture(scope="module")
def library() -> Iterator[ModuleType]:
    package = sys.modules.get("reference_tokens_client")
    yield loaded("reference_tokens_client", CLIENT)
    del sys.modules["reference_tokens_client"]
    if package is not None:
        sys.modules["reference_tokens_client"] = package
