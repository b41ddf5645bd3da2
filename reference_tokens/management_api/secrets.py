"""The members of answers that hold a secret: shown once, stored nowhere."""

from __future__ import annotations

import json
from typing import Any

SECRET_MEMBERS = frozenset({"token", "client_secret", "secret"})


def without_secrets(content: bytes) -> tuple[bytes, bool]:
    """The JSON document with null in the place of each secret, and whether it held one."""
    if not content:
        return content, False
    document = json.loads(content)
    held = [False]
    plain = redacted(document, held)
    return json.dumps(plain).encode(), held[0]


def redacted(value: Any, held: list[bool]) -> Any:
    """The value without secrets, at any depth; says in `held` whether there was one."""
    if isinstance(value, list):
        return [redacted(one, held) for one in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, one in value.items():
        is_secret = name in SECRET_MEMBERS and isinstance(one, str)
        held[0] |= is_secret
        found[name] = None if is_secret else redacted(one, held)
    return found
