"""The snippet for Express: its middleware in Node's own server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import postgresql, programs
from tests.clients.snippets import revoke, snippet
from tests.service import Service, ask, end, wait_until_it_answers

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    return service.token("--user", "alice", "--scopes", "read update")


# Express's middleware, in Node's own server


HARNESS = """
import { createServer } from "node:http";
import { referenceToken } from "./express.mjs";
const middleware = referenceToken("read");
const server = createServer((request, response) =>
  middleware(request, response, () => response.end(JSON.stringify(request.token))));
server.listen(Number(process.env.PORT), "127.0.0.1");
"""


@pytest.fixture
def express(tmp_path: Path, service: Service) -> Iterator[Any]:
    """Starts Node with the snippet, asking the service at a port."""
    program = programs.node()
    if program is None:
        pytest.skip("Node is not installed")
    processes = []

    def start(tokens: int) -> int:
        port = postgresql.free_port()
        text = snippet("express.mjs", f"http://localhost:{tokens}", service.secrets["client_id"])
        (tmp_path / "express.mjs").write_text(text)
        (tmp_path / "server.mjs").write_text(HARNESS)
        environment = {"PORT": str(port), "REFERENCE_TOKENS_SECRET": service.secrets["client_secret"]}
        log = tmp_path / "log"
        with log.open("wb") as lines:
            command = [str(program), "server.mjs"]
            process = subprocess.Popen(command, cwd=tmp_path, env=os.environ | environment, stdout=lines, stderr=lines)
        processes.append(process)
        wait_until_it_answers(port, process, log, "/")
        return port

    yield start
    for process in processes:
        end(process)


def test_express_lets_a_good_token_through_and_no_other(express: Any, service: Service, token: str) -> None:
    port = express(service.port)
    good = ask(port, "GET", "/", Authorization=f"Bearer {token}")
    assert (good.status, json.loads(good.body)["username"]) == (200, "alice")
    none, bad = ask(port, "OPTIONS", "/"), ask(port, "GET", "/", Authorization="Bearer enrt_no")
    assert (none.status, none.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert (bad.status, bad.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api", error="invalid_token"')
    updating = service.token("--user", "alice", "--scopes", "update")
    assert ask(port, "GET", "/", Authorization=f"Bearer {updating}").status == 403
    revoke(service, updating)
    assert ask(port, "GET", "/", Authorization=f"Bearer {updating}").status == 401


def test_val4_express_says_503_without_the_service(express: Any, token: str) -> None:
    answer = ask(express(postgresql.free_port()), "GET", "/", Authorization=f"Bearer {token}")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
