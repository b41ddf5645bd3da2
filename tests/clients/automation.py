"""The files of docs/automation, in a folder as somebody copies them, against the running service."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import yaml

from tests.command_line import BASE_DIR
from tests.service import Service, ask

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


@contextmanager
def losing_an_answer(service: Service, end_of_path: str) -> Iterator[str]:
    """The address of a way to the service that loses its first answer to a POST to such a path."""
    lost: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            names = ("Authorization", "Content-Type", "Idempotency-Key")
            headers = {name.replace("-", "_"): self.headers[name] for name in names if name in self.headers}
            answer = ask(service.port, self.command, self.path, body or None, **headers)
            if self.command == "POST" and self.path.endswith(end_of_path) and not lost:
                lost.append(self.path)
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.end_headers()
            self.wfile.write(answer.body)

        do_POST = do_GET  # noqa: N815 - as the base class calls it

        def log_message(self, *_args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert lost
