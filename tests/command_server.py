"""`python -m tests.command_server SOCKET`: runs `manage.py` for tests that ask at the socket, in a moment.

Each command has a process of its own, a copy of this one, which has loaded the product and done nothing else: what
most commands of a test cost is the start of Python.
"""

from __future__ import annotations

import json
import os
import socket
import socketserver
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import django
from django.core.management import get_commands, load_command_class

from tests.command_line import BASE_DIR, WITH_COMMANDS, Outcome, environment
from tokens_project import command_line

SECONDS = 60
READY = b"ready\n"


class Handler(socketserver.StreamRequestHandler):
    """One command."""

    def handle(self) -> None:
        asked = json.loads(self.rfile.readline())
        self.wfile.write(json.dumps(ended(asked["arguments"], asked["stdin"])).encode())


class Server(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    """A process for each command, as many at once as are asked for."""


def ended(arguments: list[str], stdin: str) -> tuple[int, str, str]:
    """Run the command in this process; returns its exit status and what it wrote to standard output and error."""
    with ExitStack() as stack:
        given, *written = (stack.enter_context(tempfile.TemporaryFile("w+", newline="")) for _stream in range(3))
        given.write(stdin)
        given.seek(0)
        for number, file in enumerate((given, *written)):
            os.dup2(file.fileno(), number)
        sys.argv = ["manage.py", *arguments]
        status = status_of_main()
        for stream, file in zip((sys.stdout, sys.stderr), written, strict=True):
            stream.flush()
            file.seek(0)
        out, err = (file.read() for file in written)
        return status, out, err


def status_of_main() -> int:
    """The exit status; as Python does, a text or a trace is written to standard error and is 1."""
    try:
        command_line.main()
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
            return 1
        return end.code or 0
    except Exception:  # noqa: BLE001 - as Python itself does
        traceback.print_exc()
        return 1
    return 0


class Commands(NamedTuple):
    """Where a running server takes commands."""

    path: Path

    def __call__(self, *arguments: str, stdin: str = "") -> Outcome:
        """Run `manage.py` with these arguments, beside any others."""
        with socket.socket(socket.AF_UNIX) as connected:
            connected.settimeout(SECONDS)
            connected.connect(str(self.path))
            connected.sendall(json.dumps({"arguments": arguments, "stdin": stdin}).encode() + b"\n")
            return Outcome(*json.load(connected.makefile()))


@contextmanager
def commands(path: Path, **settings: str) -> Iterator[Commands]:
    """Take commands at this path, over an instance that is there, for the time of the block."""
    command = [sys.executable, "-m", "tests.command_server", str(path)]
    with subprocess.Popen(
        command, cwd=BASE_DIR, env=environment(**settings), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == READY
            yield Commands(path)
        finally:
            process.terminate()


def main(path: str) -> None:
    """Load the product, and serve."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tokens_project.settings"
    django.setup()
    for name, app in get_commands().items():
        if app in WITH_COMMANDS:
            load_command_class(app, name)
    with Server(path, Handler) as server:
        print(READY.decode(), end="", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
