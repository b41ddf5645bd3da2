"""What clients do to a world: each act by the call that a program makes for it, and what its answer tells."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from time import time
from typing import Any

from tests.consistency.calls import FORM, Heard, Line
from tests.consistency.doors import DOORS, form, instant
from tests.consistency.machines import Machine
from tests.consistency.world import Answer, Token, World, managed

POLICIES = ["None", "AuthenticatedUsers", "AdministratorsOnly", "AdministratorsOnly"]
SETS_OF_SCOPES = [["read"], ["update"], ["read", "update"], ["read", "update"]]
LIVES = [1, 2, 3, 86_400, 86_400, 86_400]
OVERLAPS = [0, 1, 2, 3600]
MOST_TOKENS = 12
DOORS_TO_REVOCATION = ["api", "api", "token", "resource server"]
Ask = Callable[[], Answer | None]


class Caller:
    """One client of a world."""

    def __init__(self, number: int, world: World, line: Line, chance: Random) -> None:
        self.number, self.world, self.line, self.chance = number, world, line, chance

    @property
    def machine(self) -> Machine:
        """One of the machines."""
        return self.chance.choice(self.world.instance.machines)

    @property
    def token(self) -> Token:
        """One of the tokens, the newest more often."""
        known = self.world.tokens
        return self.chance.choice(known[-4:] if self.chance.random() < 0.5 else known)

    def note(self, machine: Machine, act: str, about: dict[str, Any], ask: Ask, door: str = "") -> Answer | None:
        """Do it, and note it."""
        return self.world.note(self.number, machine, act, about, ask, door)

    def post(self, machine: Machine, path: str, body: dict[str, Any], **headers: str) -> Heard | None:
        """A call of the management API."""
        return self.send("POST", machine, path, body, **headers)

    def send(self, method: str, machine: Machine, path: str, body: dict[str, Any], **headers: str) -> Heard | None:
        """A call of the management API, by this method."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        text = json.dumps(body) if body else ""
        return self.line.ask(machine, method, f"/api/v1{path}", text, managed(self.world.instance) | sent)

    def simple(self, act: str, path: str, statuses: set[int], body: dict[str, Any] | None = None) -> None:
        """An act on the application or its owner, whose answer tells no more than its status."""
        machine = self.machine

        def ask() -> Answer | None:
            heard = self.post(machine, path, body or {})
            return told(self.world, act, heard, statuses)

        self.note(machine, act, {}, ask)


def told(world: World, act: str, heard: Heard | None, statuses: set[int], **more: Any) -> Answer | None:
    """The status, if it is one of these, with what else the answer tells; None where nothing is known."""
    return {"status": heard.status, **more} if heard and world.expect(act, heard, statuses) else None


def validate(caller: Caller) -> None:
    """Show a value at a door."""
    if caller.world.tokens:
        validate_at(caller, caller.machine, caller.token, caller.chance.choice([*DOORS]))


def validate_at(caller: Caller, machine: Machine, token: Token, door: str) -> None:
    """Show this value at this door."""
    ask = lambda: DOORS[door](caller.world, caller.line, machine, token)  # noqa: E731 - it is called once, in its time
    caller.note(machine, "validate", {"token": token.name}, ask, door)


def issue(caller: Caller) -> None:
    """Ask for a token, now and then with a key that was sent before."""
    world, chance, machine = caller.world, caller.chance, caller.machine
    if len(world.tokens) >= MOST_TOKENS:
        validate(caller)
        return
    key, body = str(uuid.UUID(int=chance.getrandbits(128))), asked_of_a_token(chance)
    if world.keys and chance.random() < 0.4:
        key, body = world.keys[-1]
    else:
        world.keys.append((key, body))

    def ask() -> Answer | None:
        path = f"/applications/{world.application_id}/tokens"
        sent = {"scopes": body["scopes"], "expires_at": iso(body["expires_at"])}
        heard = caller.post(machine, path, sent, Idempotency_Key=key)
        if heard is None or not world.expect("issue", heard, {201, 409, 422}):
            return None
        if heard.status == 201:
            world.tokens.append(Token(heard.json["id"], heard.json["token"]))
        return {"status": heard.status, "id": heard.json.get("id")}

    caller.note(machine, "issue", {"key": key, **body}, ask)


def asked_of_a_token(chance: Random) -> dict[str, Any]:
    """What a token is to be."""
    return {"scopes": chance.choice(SETS_OF_SCOPES), "expires_at": int(time()) + chance.choice(LIVES)}


def iso(moment: int) -> str:
    """Seconds since 1970 as the API takes an instant."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}"


def rotate(caller: Caller) -> None:
    """Put a new value in the place of one."""
    world, machine = caller.world, caller.machine
    if not world.tokens or len(world.tokens) >= 2 * MOST_TOKENS:
        return
    token, overlap = caller.token, caller.chance.choice(OVERLAPS)

    def ask() -> Answer | None:
        heard = caller.post(machine, f"/tokens/{token.name}/rotate", {"overlap_seconds": overlap})
        if heard is None or not world.expect("rotate", heard, {201, 409}):
            return None
        if heard.status != 201:
            return {"status": heard.status}
        made = heard.json
        world.tokens.append(Token(made["id"], made["token"]))
        ends = {"expires_at": instant(made["expires_at"]), "previous": instant(made["previous_expires_at"])}
        return {"status": 201, "id": made["id"], "scopes": made["scopes"], **ends}

    caller.note(machine, "rotate", {"token": token.name, "overlap": overlap}, ask)


def revoke(caller: Caller) -> None:
    """End a token, at one of the doors that do."""
    if not caller.world.tokens:
        return
    world, machine, token = caller.world, caller.machine, caller.token
    door = caller.chance.choice(DOORS_TO_REVOCATION)

    def ask() -> Answer | None:
        if door == "token":
            heard = caller.line.ask(machine, "DELETE", "/api/token", headers={"X-Api-Key": token.value})
            return told(world, "revoke", heard, {204, 401})
        if door == "resource server":
            body = form(world.instance, [token])
            heard = caller.line.ask(machine, "POST", "/oauth/revoke", body, {"Content-Type": FORM})
            return told(world, "revoke", heard, {200})
        heard = caller.post(machine, f"/tokens/{token.name}/revoke", {})
        return told_of_withdrawal(world, "revoke", heard, {200})

    caller.note(machine, "revoke", {"token": token.name}, ask, door)


def told_of_withdrawal(world: World, act: str, heard: Heard | None, statuses: set[int]) -> Answer | None:
    """What the answer to a revocation or a suspension tells."""
    more = {"old_values": heard.json["old_values"]} if heard and heard.status == 200 else {}
    return told(world, act, heard, statuses, **more)


def suspend(caller: Caller) -> None:
    """Take a token out of use."""
    withdraw(caller, "suspend", told_of_withdrawal)


def resume(caller: Caller) -> None:
    """Take a suspension back, and show the value, as whoever waited for that does."""
    token = withdraw(caller, "resume", told)
    if token:
        validate_at(caller, caller.machine, token, caller.chance.choice([*DOORS]))


def withdraw(caller: Caller, act: str, understood: Callable[..., Answer | None]) -> Token | None:
    """One of the two; returns to which token it was done, if there is any."""
    if not caller.world.tokens:
        return None
    machine, token = caller.machine, caller.token

    def ask() -> Answer | None:
        heard = caller.post(machine, f"/tokens/{token.name}/{act}", {})
        return understood(caller.world, act, heard, {200, 409})

    caller.note(machine, act, {"token": token.name}, ask)
    return token


def revoke_many(caller: Caller) -> None:
    """End some tokens by one act; where they are fewer than was thought, those that are left."""
    world, machine, known = caller.world, caller.machine, [*caller.world.tokens]
    if len(known) < 3:
        return
    names = [token.name for token in caller.chance.sample(known, min(len(known), caller.chance.randint(2, 4)))]
    expected = len(names)
    for _attempt in range(2):
        counted: list[int] = []

        def ask(expected: int = expected, counted: list[int] = counted) -> Answer | None:
            body = {"ids": names, "expected_count": expected, "reason": "history", "keep_old_values": True}
            heard = caller.post(machine, "/tokens/revocations", body)
            more = {"count": heard.json["count"]} if heard and heard.status == 409 else {}
            counted.extend(more.values())
            return told(world, "revoke_many", heard, {200, 409}, **more)

        caller.note(machine, "revoke_many", {"tokens": names, "expected": expected}, ask)
        if not counted or not counted[0]:
            return
        expected = counted[0]


def change(caller: Caller) -> None:
    """Read the settings and change policy and scopes, unless somebody else did so meanwhile."""
    machine = caller.machine
    first, tag = read(caller, machine)
    again, same_tag = read(caller, machine)
    if not first or tag != same_tag or first != again:
        # What a tag stands for is not known where the settings change while they are read.
        return
    wanted = {"policy": caller.chance.choice(POLICIES), "scopes": caller.chance.choice(SETS_OF_SCOPES)}
    other = caller.machine

    def ask() -> Answer | None:
        body = {"access_tokens": wanted["policy"], "scopes": wanted["scopes"], "existing_tokens": "keep"}
        path = f"/applications/{caller.world.application_id}"
        heard = caller.send("PATCH", other, path, body, If_Match=tag)
        return told(caller.world, "change", heard, {200, 412})

    caller.note(other, "change", {"read": first, **wanted}, ask)


def read(caller: Caller, machine: Machine) -> tuple[dict[str, Any], str]:
    """The settings of the application, and their tag; nothing where there is no answer."""
    tags: list[str] = []

    def ask() -> Answer | None:
        heard = caller.send("GET", machine, f"/applications/{caller.world.application_id}", {})
        if heard is None or not caller.world.expect("read", heard, {200}):
            return None
        tags.append(heard.headers["ETag"])
        found = heard.json
        settings = {"enabled": found["is_enabled"], "policy": found["access_tokens"], "scopes": found["scopes"]}
        return {"status": 200, **settings}

    answer = caller.note(machine, "read", {}, ask)
    return ({name: answer[name] for name in ("enabled", "policy", "scopes")}, tags[0]) if answer else ({}, "")


def disable(caller: Caller) -> None:
    """Pull the kill switch."""
    caller.simple("disable", f"/applications/{caller.world.application_id}/disable", {200})


def enable(caller: Caller) -> None:
    """Push it back."""
    caller.simple("enable", f"/applications/{caller.world.application_id}/enable", {200})


def deactivate(caller: Caller) -> None:
    """Let the owner leave."""
    caller.simple("deactivate", f"/users/{caller.world.owner_id}/deactivate", {200})


def reactivate(caller: Caller) -> None:
    """Let the owner come back."""
    caller.simple("reactivate", f"/users/{caller.world.owner_id}/reactivate", {200})


# How often each is done, of a hundred or so: what ends things less often than what lets them go on.
OFTEN: dict[Callable[[Caller], None], float] = {
    validate: 62,
    issue: 10,
    rotate: 4,
    revoke: 3,
    revoke_many: 0.7,
    suspend: 3,
    resume: 5,
    change: 3,
    disable: 1.5,
    enable: 5,
    deactivate: 1.5,
    reactivate: 5,
}
