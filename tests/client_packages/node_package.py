"""The package for Node: a copy of it beside what its tests need, and running programs there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import programs
from tests.command_line import BASE_DIR

PACKAGE = BASE_DIR / "clients" / "node"
SECONDS = 120


def copied(folder: Path) -> Path:
    """The package in a folder of its own, where it finds Express and Fastify; skips where they are not installed."""
    if programs.node_client() is None:
        pytest.skip("Node, or what the tests of its package need, is not installed")
    copy = folder / "package"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("node_modules"))
    (copy / "node_modules").symlink_to(programs.NODE_CLIENT / "node_modules")
    return copy


def run_node(folder: Path, *arguments: str, told: object = None) -> str:
    """What Node prints, which is to end well; the tests find what they are told in the environment."""
    command = [str(programs.node()), *arguments]
    environment = os.environ | {"REFERENCE_TOKENS_TEST": json.dumps(told), "NO_COLOR": "1"}
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
