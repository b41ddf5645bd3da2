"""Verify a message of a webhook (Standard Webhooks 1.0) with what Python ships."""

import base64
import hashlib
import hmac
import json
import time

TOLERANCE_SECONDS = 300


def verified(secret: str, headers: dict[str, str], body: bytes) -> dict[str, object]:
    """The message, if it is signed and not too old, else ValueError. The names of headers are in lower case."""
    message_id, timestamp, signatures = (
        headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
    )
    if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        raise ValueError("the message is too old, or comes from the future")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    expected = "v1," + base64.b64encode(digest).decode()
    # Several signatures stand there while the secret is replaced.
    if not any(hmac.compare_digest(expected.encode(), given.encode()) for given in signatures.split(" ")):
        raise ValueError("the signature is wrong")
    message: dict[str, object] = json.loads(body)
    return message
