"""Every door at which a value is shown, and what each says of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from reference_tokens_client import Client, Unavailable

from tests.consistency.calls import FORM, Line
from tests.consistency.machines import Instance, Machine
from tests.consistency.world import Answer, Token, World

Door = Callable[[World, Line, Machine, Token], Answer | None]
# What the holder of a token is told, as the model calls it.
REASONS = {
    "The token was revoked.": "revoked",
    "The token is suspended.": "suspended",
    "The token has expired.": "expired",
    "The Trusted Application is disabled.": "application_disabled",
    "The user whom the token speaks for is not active.": "holder_inactive",
    "The Trusted Application no longer offers any of the token's scopes.": "no_scopes",
}
INACTIVE: dict[str, Any] = {"status": 200, "active": False}
ALLOWED, REFUSED = {200}, {200, 401}


def active(name: str, scopes: str | list[str], expires_at: float | None) -> Answer:
    """What a door says of a good token."""
    told = scopes.split() if isinstance(scopes, str) else scopes
    return {"status": 200, "active": True, "id": name, "scopes": told, "expires_at": expires_at}


def introspection(world: World, line: Line, machine: Machine, token: Token) -> Answer | None:
    """As a Resource Server asks."""
    heard = line.ask(machine, "POST", "/oauth/introspect", form(world.instance, [token]), {"Content-Type": FORM})
    if heard is None or not world.expect("introspection", heard, ALLOWED):
        return None
    return claims(heard.json)


def in_a_batch(world: World, line: Line, machine: Machine, token: Token) -> Answer | None:
    """As a Resource Server asks about several at once: what is said of the others is noted beside it."""
    others = [other for other in world.tokens[:3] if other is not token]
    body = form(world.instance, [token, *others])
    heard = line.ask(machine, "POST", "/oauth/introspect/batch", body, {"Content-Type": FORM})
    if heard is None or not world.expect("batch", heard, ALLOWED):
        return None
    first, *left = map(claims, heard.json)
    return {**first, "others": [(other.name, told) for other, told in zip(others, left, strict=True)]}


def claims(told: dict[str, Any]) -> Answer:
    """What introspection tells of one token."""
    return active(told["jti"], told["scope"], told.get("exp")) if told["active"] else INACTIVE


def form(instance: Instance, tokens: list[Token]) -> str:
    """What a Resource Server sends."""
    proof = [(key, instance.service.secrets[key]) for key in ("client_id", "client_secret")]
    return urlencode([*proof, *(("token", token.value) for token in tokens)])


def forward_auth(world: World, line: Line, machine: Machine, token: Token) -> Answer | None:
    """As a proxy in front of the Resource Server asks."""
    path = f"/auth/resource/{world.instance.service.secrets['client_id']}"
    return through_headers(world, line, machine, token, path)


def unbound(world: World, line: Line, machine: Machine, token: Token) -> Answer | None:
    """As a proxy in front of any API asks."""
    return through_headers(world, line, machine, token, "/auth/forward")


def through_headers(world: World, line: Line, machine: Machine, token: Token, path: str) -> Answer | None:
    """What the headers of an answer to a proxy tell; 403 where a required scope is lacking is none of ours."""
    heard = line.ask(machine, "GET", path, headers={"Authorization": f"Bearer {token.value}"})
    if heard is None or not world.expect(path, heard, REFUSED):
        return None
    if heard.status != 200:
        return INACTIVE
    name, scopes, expires = (heard.headers[f"X-Auth-{each}"] for each in ("Token-Id", "Scope", "Expires"))
    return active(name, scopes, None if expires == "never" else float(expires))


def token_itself(world: World, line: Line, machine: Machine, token: Token) -> Answer | None:
    """As the holder asks, who is told why."""
    heard = line.ask(machine, "GET", "/api/token", headers={"X-Api-Key": token.value})
    if heard is None or not world.expect("token", heard, REFUSED):
        return None
    if heard.status != 200:
        return INACTIVE | {"reason": REASONS.get(heard.json["error_description"], "unknown")}
    return active(heard.json["id"], heard.json["scopes"], instant(heard.json["expires_at"]))


def instant(text: str | None) -> float | None:
    """Seconds since 1970 of an instant as text."""
    return datetime.fromisoformat(text).timestamp() if text else None


def python_client(world: World, _line: Line, machine: Machine, token: Token) -> Answer | None:
    """As the package for Python asks, on which the doors for Django, Flask and FastAPI stand."""
    secrets = world.instance.service.secrets
    with Client(f"http://127.0.0.1:{machine.port}", secrets["client_id"], secrets["client_secret"]) as client:
        try:
            told = client.introspect(token.value)
        except Unavailable:
            return None
    return active(told.id, sorted(told.scopes), told.expires_at) if told else INACTIVE


DOORS: dict[str, Door] = {
    "introspection": introspection,
    "batch": in_a_batch,
    "forward auth": forward_auth,
    "unbound": unbound,
    "token": token_itself,
    "client": python_client,
}
