"""The files of docs/automation, in a folder as somebody copies them, against the running service."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.command_line import BASE_DIR
from tests.service import Service

DOCS = BASE_DIR / "docs"
FILES = DOCS / "automation"
MANAGEMENT_API = "reference-tokens/api"


class Recipes:
    """A folder with the files, and tokens to call the management API with."""

    def __init__(self, folder: Path, service: Service, tokens: dict[str, str]) -> None:
        self.folder, self.service, self.tokens = folder, service, tokens
        shutil.copytree(FILES, folder, dirs_exist_ok=True)
        shutil.copy2(DOCS / "configuration.schema.json", folder)
        shutil.copy2(DOCS / "examples" / "rotate-token.sh", folder)

    def run(self, *command: str, token: str = "instance:write", **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the folder, as a machine that has only what the recipes ask for."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = {
            "PATH": path,
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(BASE_DIR / "clients" / "python"),
            "REFERENCE_TOKENS_URL": self.service.address,
            "REFERENCE_TOKENS_TOKEN": self.tokens.get(token, token),
            **more,
        }
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    def script(self, lines: list[str], shell: str = "bash", **more: str) -> subprocess.CompletedProcess[str]:
        """Run the lines of a job one after the other; the first that fails ends it."""
        return self.run(shell, "-e", *(["-o", "pipefail"] if shell == "bash" else []), "-c", "\n".join(lines), **more)


def document(name: str) -> Any:
    """What a YAML file of the recipes holds."""
    return yaml.safe_load((FILES / name).read_text())


def blocks(language: str) -> list[str]:
    """The blocks of docs/automation.md in a language."""
    text = (DOCS / "automation.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
