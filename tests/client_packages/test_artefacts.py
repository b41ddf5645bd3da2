"""What `make clients` builds: the same bytes each time, and it works where nothing else is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clients.build import build_node, build_python
from tests import programs
from tests.client_packages.blocks import readme
from tests.client_packages.node_package import run_node
from tests.service import Service

pytestmark = pytest.mark.once

ASK = """
import json, os, sys
import reference_tokens_client as package
client = package.Client(*json.loads(os.environ["ACCOUNT"]))
print(package.__file__, client.introspect(os.environ["TOKEN"]).username, *sorted(sys.modules), sep="\\n")
"""
ASK_IN_NODE = """
import { Client } from "reference-tokens-client";
const { token, ...account } = JSON.parse(process.env.REFERENCE_TOKENS_TEST);
console.log((await new Client(account).introspect(token)).username);
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The wheel and the sdist."""
    return build_python(tmp_path_factory.mktemp("built"))


def test_readme_of_python_names_the_wheel(built: list[Path]) -> None:
    assert f"pip install dist/clients/{built[0].name}\n" in readme("python").read_text()


def test_wheel_works_in_an_environment_that_holds_nothing_else(
    built: list[Path], service: Service, token: str, tmp_path: Path
) -> None:
    python = tmp_path / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--no-index", str(built[0])], check=True)
    account = (service.address, service.secrets["client_id"], service.secrets["client_secret"])
    environment = {"PATH": os.environ["PATH"], "ACCOUNT": json.dumps(account), "TOKEN": token}
    told = subprocess.run(
        [python, "-I", "-W", "error", "-c", ASK], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    place, username, *modules = told.stdout.splitlines()
    assert Path(place).is_relative_to(tmp_path)
    assert username == "alice"
    assert {"asyncio", "httpx2", "django"}.isdisjoint(modules)


def test_sdist_builds_the_same_wheel_anywhere_and_at_any_time(built: list[Path], tmp_path: Path) -> None:
    subprocess.run(["tar", "-xzf", built[1], "-C", tmp_path], check=True)
    (source,) = tmp_path.iterdir()
    for path in source.rglob("*"):
        os.utime(path, (1, 1))
    again = build_python(tmp_path, source)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in built]


def test_package_for_node_works_in_a_folder_that_holds_nothing_else(
    service: Service, token: str, tmp_path: Path
) -> None:
    npm = shutil.which("npm")
    if npm is None or programs.node() is None:
        pytest.skip("npm is not installed")
    packed = build_node(tmp_path, npm)
    assert f"npm install dist/clients/{packed.name}\n" in readme("node").read_text()
    (tmp_path / "again").mkdir()
    assert build_node(tmp_path / "again", npm).read_bytes() == packed.read_bytes()
    install = [npm, "install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", str(packed)]
    subprocess.run(install, cwd=tmp_path / "again", check=True)
    (tmp_path / "again" / "ask.mjs").write_text(ASK_IN_NODE)
    names = {"baseUrl": service.address, "token": token}
    account = {"clientId": service.secrets["client_id"], "clientSecret": service.secrets["client_secret"]}
    assert run_node(tmp_path / "again", "ask.mjs", told=names | account) == "alice\n"
