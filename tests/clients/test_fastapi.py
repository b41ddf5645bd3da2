"""The snippet for FastAPI."""

from __future__ import annotations

import asyncio
from types import ModuleType
from typing import Any

import httpx2 as httpx
import pytest

from tests import postgresql
from tests.clients.proxies import SNIPPETS
from tests.clients.snippets import loaded, revoke, snippet
from tests.service import Service

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    return service.token("--user", "alice", "--scopes", "read update")


# FastAPI


@pytest.fixture
def fastapi_app(library: ModuleType, service: Service, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("REFERENCE_TOKENS_SECRET", service.secrets["client_secret"])
    text = snippet("fastapi_app.py", service.address, service.secrets["client_id"])
    return loaded("fastapi_app", SNIPPETS / "fastapi_app.py", text)


def asked(app: Any, **headers: str) -> httpx.Response:
    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as session:
            return await session.get("/orders", headers=headers)

    return asyncio.run(answer())


def test_fastapi_lets_a_good_token_through_and_no_other(fastapi_app: Any, service: Service, token: str) -> None:
    good = asked(fastapi_app.app, Authorization=f"Bearer {token}")
    assert (good.status_code, good.json()) == (200, {"username": "alice"})
    none, bad = asked(fastapi_app.app), asked(fastapi_app.app, Authorization="Bearer enrt_no")
    assert (none.status_code, none.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert (bad.status_code, bad.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api", error="invalid_token"')
    updating = service.token("--user", "alice", "--scopes", "update")
    refused = asked(fastapi_app.app, Authorization=f"Bearer {updating}")
    assert refused.status_code == 403
    assert 'scope="read"' in refused.headers["WWW-Authenticate"]


def test_fastapi_refuses_a_revoked_token_and_says_503_without_the_service(
    fastapi_app: Any, library: ModuleType, service: Service
) -> None:
    token = service.token("--user", "alice", "--scopes", "read")
    assert asked(fastapi_app.app, Authorization=f"Bearer {token}").status_code == 200
    revoke(service, token)
    assert asked(fastapi_app.app, Authorization=f"Bearer {token}").status_code == 401
    fastapi_app.client = library.Client(f"http://127.0.0.1:{postgresql.free_port()}", "rs_x", "enrs_y")
    answer = asked(fastapi_app.app, Authorization=f"Bearer {token}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
