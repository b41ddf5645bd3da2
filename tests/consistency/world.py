"""One application with its owner and its tokens, to which some clients do everything for a while.

Each has its own: a history is judged world by world, and nothing of one is anything to another.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from math import inf
from time import monotonic
from typing import Any

from tests.consistency.calls import JSON, Heard, Line
from tests.consistency.history import ANY_TIME, Operation, taken_apart
from tests.consistency.machines import Instance, Machine
from tests.consistency.state import State

POLICY, SCOPES = "AdministratorsOnly", ["read", "update"]
Answer = Mapping[str, Any]


@dataclass(eq=False)
class Token:
    """A value that a client was given, and its public id."""

    name: str
    value: str


@dataclass
class World:
    """What the clients know of it, and what they noted."""

    instance: Instance
    application_id: str
    owner_id: str
    tokens: list[Token] = field(default_factory=list)
    keys: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    # Answers that no rule knows, as sentences.
    wrong: list[str] = field(default_factory=list)
    numbers: Any = field(default_factory=count)

    @property
    def start(self) -> State:
        """How it was made."""
        return State(enabled=True, policy=POLICY, scopes=frozenset(SCOPES), owner=True)

    def note(
        self,
        client: int,
        machine: Machine,
        act: str,
        about: Mapping[str, Any],
        ask: Callable[[], Answer | None],
        door: str = "",
    ) -> Answer | None:
        """Ask, and note what was asked and answered, and when."""
        number, called = next(self.numbers), monotonic()
        answer = ask()
        returned = monotonic() if answer else inf
        clock = machine.clock.told(called, returned) if answer else ANY_TIME
        by = f"{machine.name} ({door})" if door else machine.name
        noted = Operation(number, client, act, about, called, returned, by, clock, answer)
        self.operations += taken_apart(noted, self.numbers)
        return answer

    def expect(self, act: str, heard: Heard, statuses: set[int]) -> bool:
        """Whether the status is one of these; any other is noted as wrong."""
        if heard.status in statuses:
            return True
        self.wrong.append(f"{act}: {heard.status} {heard.body[:200].decode(errors='replace')}")
        return False


def managed(instance: Instance) -> dict[str, str]:
    """The headers of a program that manages the instance."""
    return {"Authorization": f"Bearer {instance.manager}", "Content-Type": JSON}


def new_world(instance: Instance, machine: Machine, line: Line, name: str) -> World | None:
    """A fresh application with a System User; None where a fault stands in the way, and another is to be tried."""
    headers = managed(instance)
    owner = line.ask(machine, "POST", "/api/v1/users", json.dumps({"username": name, "kind": "system"}), headers)
    if owner is None:
        return None
    assert owner.status == 201, owner.body
    body = {"application_uri": f"com.example/{name}", "access_tokens": POLICY, "scopes": SCOPES, "system_user": name}
    made = line.ask(machine, "POST", "/api/v1/applications", json.dumps(body), headers)
    if made is None:
        return None
    assert made.status == 201, made.body
    return World(instance, made.json["id"], owner.json["id"])
