"""The package for Node, whose own tests run against the service, and what it declares for TypeScript."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.client_packages.node_package import PACKAGE, copied, run_node
from tests.client_packages.requests import let_in, refused_at_the_door
from tests.service import Service

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("node"))


@pytest.mark.parametrize("file", sorted(path.name for path in (PACKAGE / "test").glob("*.test.js")))
def test_package_for_node_passes_its_own_tests(package: Path, service: Service, token: str, file: str) -> None:
    told = {
        "baseUrl": service.address,
        "clientId": service.secrets["client_id"],
        "clientSecret": service.secrets["client_secret"],
        "good": token,
        "reading": service.token("--user", "alice", "--scopes", "read"),
        "revocable": service.token("--user", "alice"),
        "refused": refused_at_the_door(token),
        "letIn": let_in(token),
    }
    run_node(package, "--test", f"test/{file}", told=told)


def test_what_the_package_declares_for_typescript_is_what_it_is(package: Path) -> None:
    run_node(package, "node_modules/typescript/bin/tsc", "--project", "test/tsconfig.json")
    for name in ("index", "express", "fastify"):
        code = (PACKAGE / "src" / f"{name}.js").read_text()
        exported = set(re.findall(r"^export (?:function|class) (\w+)", code, re.MULTILINE))
        exported |= {
            one for line in re.findall(r"^export \{ (.+) \} from", code, re.MULTILINE) for one in line.split(", ")
        }
        declared = (PACKAGE / "src" / f"{name}.d.ts").read_text()
        assert exported == set(re.findall(r"^export (?:function|class) (\w+)", declared, re.MULTILINE))
