"""A mail server on loopback, in a process of its own: `python -m tests.smtp PORT FOLDER`.

It stores each mail as a file of the folder. Where that holds a file `busy`, it refuses every mail for now; a recipient
whose address starts with "nobody" it refuses for good.
"""

from __future__ import annotations

import socketserver
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from socket import create_connection
from typing import ClassVar

from tests.command_line import BASE_DIR


class Handler(socketserver.StreamRequestHandler):
    """One connection (RFC 5321)."""

    folder: ClassVar[Path]

    def handle(self) -> None:
        self.say("220 ready")
        for line in self.rfile:
            self.answer(line.decode().upper())

    def answer(self, line: str) -> None:
        if line.startswith("MAIL") and (self.folder / "busy").exists():
            self.say("451 try again later")
        elif line.startswith("RCPT TO:<NOBODY"):
            self.say("550 no such mailbox")
        elif line.startswith("DATA"):
            self.say("354 go on")
            self.store(b"".join(iter(self.rfile.readline, b".\r\n")))
            self.say("250 stored")
        else:
            self.say("221 bye" if line.startswith("QUIT") else "250 fine")

    def store(self, content: bytes) -> None:
        (self.folder / f"{time.time_ns()}.eml").write_bytes(content)

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


def stored(folder: Path) -> list[EmailMessage]:
    """The mails that the server took."""
    parsed = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.glob("*.eml"))]
    return [message for message in parsed if isinstance(message, EmailMessage)]


@contextmanager
def mail_server(port: int, folder: Path) -> Iterator[None]:
    """Run the server for the time of the block."""
    command = [sys.executable, "-m", "tests.smtp", str(port), str(folder)]
    with subprocess.Popen(command, cwd=BASE_DIR) as process:
        try:
            deadline = time.monotonic() + 20
            while not listens(port):
                assert time.monotonic() < deadline
                assert process.poll() is None
                time.sleep(0.05)
            yield
        finally:
            process.terminate()


def listens(port: int) -> bool:
    """Whether anything takes connections there."""
    try:
        create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


class Server(socketserver.ThreadingTCPServer):
    """On loopback, on a port that may have been used a moment ago."""

    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, *_arguments: object) -> None:
        """A client that only looked whether the port is open is no error."""


if __name__ == "__main__":
    Handler.folder = Path(sys.argv[2])
    Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
