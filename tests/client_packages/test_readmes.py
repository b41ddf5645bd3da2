"""Every block of code in the READMEs of the packages does what stands beside it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.http import JsonResponse
from django.test import RequestFactory
from reference_tokens_client.django import ReferenceTokenMiddleware

from accounts.models import User
from tests.client_packages.blocks import blocks, filled_in
from tests.client_packages.node_package import copied, run_node
from tests.service import Service

pytestmark = pytest.mark.once

PYTHON = {heading: len(shown) for heading, shown in blocks("python", "python").items()}
NODE = blocks("node", "js")
ASK_APP = """
import { app } from "./block.mjs";
const listen = app.listen.bind(app);
const listening = () => new Promise((resolve) => { const server = listen(0, "127.0.0.1", () => resolve(server)); });
const isFastify = Boolean(app.server);
const address = isFastify
  ? await listen({ port: 0, host: "127.0.0.1" })
  : `http://127.0.0.1:${(await listening()).address().port}`;
const told = JSON.parse(process.env.REFERENCE_TOKENS_TEST);
const [good, none] = [await fetch(`${address}/orders`, { headers: told }), await fetch(`${address}/orders`)];
console.log(JSON.stringify([good.status, await good.json(), none.status]));
process.exit();
"""
ASK_FUNCTION = """
import { answer } from "./block.mjs";
const headers = JSON.parse(process.env.REFERENCE_TOKENS_TEST);
const [good, none] = [await answer(new Request("http://api/", { headers })), await answer(new Request("http://api/"))];
console.log(JSON.stringify([good.status, await good.text(), none.status]));
"""


@pytest.fixture(autouse=True)
def secret(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFERENCE_TOKENS_SECRET", service.secrets["client_secret"])


def run(service: Service, heading: str, number: int = 0) -> dict[str, Any]:
    """The names that a block defines."""
    names: dict[str, Any] = {"__name__": "block"}
    exec(compile(filled_in(blocks("python", "python")[heading][number], service), heading, "exec"), names)
    return names


@pytest.fixture
def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_every_block_for_python_is_run() -> None:
    assert PYTHON == {
        "Ask": 1,
        "Asynchronous code": 1,
        "Django": 2,
        "Django REST framework": 1,
        "Flask": 1,
        "FastAPI": 1,
        "Manage an instance": 1,
        "Behind a proxy": 1,
    }


def test_readme_greets_whoever_may_read(service: Service, bearer: dict[str, str]) -> None:
    answer = run(service, "Ask")["answer"]
    assert answer(list(bearer.items())) == (200, {}, "Hello alice")
    assert answer([])[0] == 401


def test_readme_tells_the_holder_in_asynchronous_code(service: Service, token: str) -> None:
    username_of = run(service, "Asynchronous code")["username_of"]
    assert asyncio.run(username_of(token)) == "alice"
    assert asyncio.run(username_of("enrt_no")) is None


def test_readme_guards_django(service: Service, bearer: dict[str, str], settings: Any) -> None:
    settings.REFERENCE_TOKENS = run(service, "Django")["REFERENCE_TOKENS"]
    assert run(service, "Django")["MIDDLEWARE"][-1].endswith(ReferenceTokenMiddleware.__qualname__)
    guarded = ReferenceTokenMiddleware(lambda _request: JsonResponse({}))
    assert guarded(RequestFactory().get("/api/orders")).status_code == 401
    answer = run(service, "Django", 1)["change_order"](RequestFactory().post("/", headers=bearer))
    assert json.loads(answer.content) == {"changed_by": "alice"}


def test_readme_guards_rest_framework(service: Service, bearer: dict[str, str], settings: Any, alice: User) -> None:
    settings.REFERENCE_TOKENS = run(service, "Django")["REFERENCE_TOKENS"]
    orders = run(service, "Django REST framework")["Orders"].as_view()
    assert orders(RequestFactory().get("/", headers=bearer)).data == {"username": "alice", "kind": "PAT"}
    assert orders(RequestFactory().get("/")).status_code == 401


def test_readme_guards_flask(service: Service, bearer: dict[str, str]) -> None:
    api = run(service, "Flask")["app"].test_client()
    assert api.get("/orders", headers=bearer).json == {"username": "alice"}
    assert api.get("/orders").status_code == 401


def test_readme_guards_fastapi(service: Service, bearer: dict[str, str]) -> None:
    async def answers() -> list[httpx2.Response]:
        block = run(service, "FastAPI")
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(block["app"]), base_url="http://api") as session:
            told = [await session.get("/orders", headers=headers) for headers in (bearer, {})]
        await block["client"].aclose()
        return told

    good, none = asyncio.run(answers())
    assert (good.json(), none.status_code) == ({"username": "alice"}, 401)


def test_readme_reads_what_a_proxy_sets(service: Service) -> None:
    assert run(service, "Behind a proxy")["token"].scopes == {"read", "update"}


@pytest.mark.parametrize("heading", NODE)
def test_readme_guards_node(service: Service, token: str, tmp_path: Path, heading: str) -> None:
    (block,) = NODE[heading]
    package = copied(tmp_path)
    (package / "block.mjs").write_text(filled_in(block, service))
    (package / "ask.mjs").write_text(ASK_FUNCTION if heading == "Ask" else ASK_APP)
    told = {"Authorization": f"Bearer {token}"}
    if heading == "Behind a proxy":
        told = {name: value for name, value in service.forward_auth(token).headers.items() if "X-Auth" in name}
    body = "Hello alice" if heading == "Ask" else {"username": "alice"}
    assert json.loads(run_node(package, "ask.mjs", told=told)) == [200, body, 401]
