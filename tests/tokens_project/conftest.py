"""What the tests of settings and processes stand on."""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import BASE_DIR, KEPT
from tests.postgresql import free_port
from tests.tokens_project.environments import Read
from tests.tokens_project.make_run import Instance, prepared


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Read:
    """Reads the settings as a process with this environment would."""

    def settings(**environment: str) -> dict[str, Any]:
        for name in set(os.environ) - KEPT:
            monkeypatch.delenv(name)
        for name, value in {"DATA_DIR": str(tmp_path / "data"), **environment}.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(BASE_DIR / "tokens_project" / "settings.py"))

    return settings


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    data = tmp_path_factory.mktemp("instance") / "data"
    settings = {"DATA_DIR": str(data), "PORT": str(free_port()), "WORKERS": "1"}
    return Instance(settings, prepared(settings))
