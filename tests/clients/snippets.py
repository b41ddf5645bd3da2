"""The files of docs that people copy, loaded as they would be."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.clients.proxies import SNIPPETS
from tests.command_line import BASE_DIR
from tests.service import Service

CLIENT = BASE_DIR / "docs" / "examples" / "reference_tokens_client.py"


def loaded(name: str, path: Path, text: str | None = None) -> ModuleType:
    """The file as a module of this name."""
    spec = importlib.util.spec_from_loader(name, loader=None)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    exec(compile(text or path.read_text(), path, "exec"), module.__dict__)
    return module


def snippet(name: str, address: str, client_id: str) -> str:
    text = (SNIPPETS / name).read_text()
    return text.replace("https://tokens.example.com", address).replace("rs_0123456789abcdef0123", client_id)


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    return service.token("--user", "alice", "--scopes", "read update")


def revoke(service: Service, token: str) -> None:
    assert service.ask("DELETE", "/api/token", Authorization=f"Bearer {token}").status == 204
