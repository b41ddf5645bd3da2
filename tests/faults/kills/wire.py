"""Asking a server that may be killed meanwhile: what came of its answer, and whether that is all of it."""

from __future__ import annotations

import json
import re
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.faults.kills.marks import HEADER
from tests.introspection import FORM

TOKEN = re.compile(r"enrt_[0-9A-F]{64}")
PATIENCE = 60


@dataclass(frozen=True)
class Heard:
    """What arrived; `status` is 0 unless it is a whole answer."""

    status: int
    head: str
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def token(self) -> str:
        """The value of a token that arrived, even with a half of an answer; empty for none."""
        found = TOKEN.search(self.body)
        return found[0] if found else ""


def heard(data: bytes) -> Heard:
    """The answer in these bytes."""
    head, end, body = data.decode().partition("\r\n\r\n")
    length = re.search(r"(?i)\ncontent-length: (\d+)", head)
    is_whole = end and (length is None or len(body.encode()) == int(length[1]))
    return Heard(int(head.split()[1]) if is_whole else 0, head, body)


def asked(port: int, method: str, path: str, body: str = "", mark: str = "", **headers: str) -> Heard:
    """The answer of a server on loopback, whose process ends at the mark. A header's underscores are hyphens."""
    headers |= {"Host": "localhost", "Connection": "close", "Content_Length": str(len(body.encode()))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {text}" for name, text in headers.items())]
    lines += [f"{HEADER}: {mark}"] if mark else []
    arrived = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
            connection.sendall("\r\n".join([*lines, "", body]).encode())
            while piece := connection.recv(65_536):
                arrived += piece
    except ConnectionError:
        pass
    return heard(arrived)


def form(method: str, path: str, authorization: str, *tokens: str) -> dict[str, Any]:
    """What to ask with, for a Resource Server that asks about tokens."""
    body = urlencode([("token", token) for token in tokens])
    return {
        "method": method,
        "path": path,
        "body": body,
        "Content_Type": FORM,
        "Authorization": authorization,
    }
