"""How a client asks a machine: over connections that it keeps, and without asking twice."""

from __future__ import annotations

import contextlib
import http.client
import json
from dataclasses import dataclass, field
from typing import Any

from tests.consistency.machines import Machine

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
# The service answers, or says that it cannot, in 15.
PATIENCE = 20
# Of what these answer nothing is known.
UNAVAILABLE = 503


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer that came whole."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """The document."""
        return json.loads(self.body)


@dataclass
class Line:
    """A client's connections, one to each machine."""

    open_: dict[int, http.client.HTTPConnection] = field(default_factory=dict)

    def ask(
        self, machine: Machine, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
    ) -> Heard | None:
        """The answer; None where it broke off, came too late, or says that nothing can be known."""
        connection = self.open_.setdefault(
            machine.port, http.client.HTTPConnection("127.0.0.1", machine.port, timeout=PATIENCE)
        )
        try:
            connection.request(method, path, body, {"Host": "localhost", **(headers or {})})
            answer = connection.getresponse()
            heard = Heard(answer.status, answer.headers, answer.read())
        except (OSError, http.client.HTTPException):
            with contextlib.suppress(OSError):
                connection.close()
            del self.open_[machine.port]
            return None
        return None if heard.status == UNAVAILABLE else heard

    def close(self) -> None:
        """Close every connection."""
        for connection in self.open_.values():
            connection.close()
        self.open_.clear()
