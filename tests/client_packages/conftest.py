"""What the tests of both packages share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from reference_tokens_client import Client

from tests.service import Service


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    return service.token("--user", "alice", "--scopes", "read update")


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    with Client(service.address, service.secrets["client_id"], service.secrets["client_secret"]) as ready:
        yield ready
