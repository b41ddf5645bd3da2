"""What a receiver was told, and whether it is signed as Standard Webhooks 1.0 says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from tests.receiver import Received, Receiver


def told(receiver: Receiver) -> list[Any]:
    """The bodies of what was received."""
    return [json.loads(request.body) for request in receiver.requests]


def types_told(receiver: Receiver) -> list[str]:
    """Their types."""
    return [message["type"] for message in told(receiver)]


def is_signed(request: Received, secret: str) -> bool:
    """Whether one of the signatures is of this secret, computed by the words of the standard."""
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.{request.body.decode()}"
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).decode()
    return f"v1,{expected}" in request.headers["webhook-signature"].split(" ")
