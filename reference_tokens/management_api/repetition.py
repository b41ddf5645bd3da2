"""`Idempotency-Key`: a request that is sent twice acts once (draft-ietf-httpapi-idempotency-key-header).

The key is stored in the transaction of the act. Of two such requests at once the second waits for the first.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

from django.http import HttpResponse

from reference_tokens.management_api.problems import conflict, invalid_parameter
from reference_tokens.management_api.secrets import without_secrets
from reference_tokens.models import RepeatableAnswer
from reference_tokens.models.repeatable_answers import LIFETIME

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_tokens.management_api.requests import Request

HEADER, LONGEST_KEY = "Idempotency-Key", 255
KEY = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}\Z")
KEPT_HEADERS = ("Location", "ETag")
# What names the thing that was made; `secrets`, without their values, where a configuration made several.
NAMES_OF_MADE = ("id", "client_id", "hint", "secrets")


def acting_once(request: Request, act: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer of `act`, or what was answered to the same request of the last 24 hours.

    Call it in the transaction of the act. Raises `Problem`: 422 for another request with this key, and 409, with what
    was made, where the answer held a secret, which is not repeated.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return act()
    if not KEY.match(key):
        raise invalid_parameter(HEADER, f"Send 1 to {LONGEST_KEY} visible ASCII characters.")
    caller, digest, now = request.caller.holder.pk, digest_of(request), request.caller.now
    name = {"caller": caller, "key_digest": hashlib.sha256(key.encode()).digest()}
    RepeatableAnswer.objects.filter(**name, created_at__lte=now - LIFETIME).delete()
    row = RepeatableAnswer(**name, digest=digest, created_at=now)
    # PostgreSQL waits here for another request that has stored the key and has not ended yet; SQLite began to wait
    # with the transaction.
    RepeatableAnswer.objects.bulk_create([row], ignore_conflicts=True)
    stored = RepeatableAnswer.objects.get(**name)
    if stored.status:
        return repeated(stored, digest)
    response = act()
    keep(stored, response)
    return response


def digest_of(request: Request) -> bytes:
    """What tells one request of a caller from another."""
    parts = (request.method or "", request.get_full_path(), request.body.hex())
    return hashlib.sha256("\n".join(parts).encode()).digest()


def keep(stored: RepeatableAnswer, response: HttpResponse) -> None:
    """Store the answer beside its key, without a secret."""
    content, held_secret = without_secrets(response.content)
    stored.status, stored.content, stored.held_secret = response.status_code, content.decode(), held_secret
    stored.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    stored.save(update_fields=["status", "content", "held_secret", "headers"])


def repeated(stored: RepeatableAnswer, digest: bytes) -> HttpResponse:
    """The stored answer to the same request."""
    if bytes(stored.digest) != digest:
        raise invalid_parameter(HEADER, "Another request was sent with this key: make a new key for each act.")
    if stored.held_secret:
        made = json.loads(stored.content)
        known = {name: made[name] for name in NAMES_OF_MADE if name in made}
        raise conflict("This was done already, and its secret was shown then: it is not shown twice.", **known)
    return HttpResponse(stored.content, status=stored.status, content_type="application/json", headers=stored.headers)
