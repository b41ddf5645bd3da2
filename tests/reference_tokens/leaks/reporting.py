"""Reports of leaked tokens, as somebody who found them sends them."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

REVOKE = "/leaks/revoke"
PLACE = "https://paste.example/raw/42"


def report(client: Client, *tokens: str, url: Any = PLACE, **options: Any) -> Any:
    """What a report of these values is answered."""
    return send(client, json.dumps({"tokens": tokens, "url": url}), **options)


def send(client: Client, body: str | bytes, **options: Any) -> Any:
    """What a report with this body is answered."""
    return client.generic("POST", REVOKE, body, "application/json", **options)
