"""Reports of GitHub's secret scanning (its partner program): signed, and worked on behind the answer.

Each place with its tokens is a report of its own: what is wrong with one holds up no other.
"""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from accounts.audit.record import Actor, Source
from accounts.outbox.kinds import RequestKind, register_kind
from accounts.outbox.requests import queue_request
from reference_tokens.leaks.places import place_of
from reference_tokens.leaks.reports import digests_of, take_report
from reference_tokens.models import LeakReport
from reference_tokens.token_values.token_format import is_well_formed

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

KIND = "github_leak"
# A report is worked on at once; it waits where the database is away, or a key is missing.
LIFETIME = timedelta(days=7)


def is_signed(body: bytes, signature: str, key: EllipticCurvePublicKey) -> bool:
    """Whether the signature (DER, in base64) is one of exactly this body."""
    try:
        key.verify(base64.b64decode(signature, validate=True), body, ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


@sensitive_variables("records", "found", "values")
def queue_records(records: list[Any], *, address: str | None, now: datetime) -> None:
    """Store what is to be done about these records, in one transaction: digests, and none of what is no token."""
    found: dict[str, list[str]] = defaultdict(list)
    for record in records:
        token, url = (record.get(name) for name in ("token", "url")) if isinstance(record, dict) else (None, None)
        if isinstance(token, str) and is_well_formed(token):
            found[place_of(url) if isinstance(url, str) else ""].append(token)
    with transaction.atomic():
        for place, values in found.items():
            digests = [digest.hex() for digest in digests_of(values)]
            named = {"digests": digests, "place": place, "address": address, "reported": len(values)}
            queue_request(KIND, now=now, lifetime=LIFETIME, **named)


def report_stored(*, digests: list[str], place: str, address: str | None, reported: int, now: datetime) -> None:
    """Take one stored report."""
    report = LeakReport(origin=LeakReport.Origin.GITHUB, place=place, received_at=now)
    actor = Actor(Source.API, "github", address=address)
    take_report(report, [bytes.fromhex(digest) for digest in digests], actor=actor, reported=reported)


def register_github() -> None:
    """Let the background worker take stored reports."""
    register_kind(KIND, RequestKind("leaked tokens", report_stored))
