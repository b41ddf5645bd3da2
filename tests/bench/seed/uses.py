"""Daily uses, sources and audit entries of a share of the tokens."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from random import Random
from typing import Any

from accounts.audit.chain import entry_hash
from accounts.models import AuditEvent, AuditHead
from reference_tokens.models import DailyUse, ReferenceToken
from reference_tokens.usage.sources import with_uses
from reference_tokens.usage.statements import update_rows
from tests.bench.seed.bulk import AT_ONCE, insert

# One of so many used tokens has daily counts and sources; one of so many tokens has its entry in the audit log.
ONE_OF_USED = 4
ONE_OF_ALL = 10
EVENT = "seq previous_hash at action source actor_type actor_id target_type target_id address details".split()


def store_uses(draw: Random, used: list[dict[str, Any]]) -> None:
    """The counts of the last days before each token's last use, and where it was used from."""
    insert(DailyUse, ("token", "day", "accepted", "refused"), daily_uses(draw, used))
    for start in range(0, len(used), AT_ONCE):
        rows = [(token["id"], sources(draw, token)) for token in used[start : start + AT_ONCE]]
        update_rows(ReferenceToken, ("id", "recent_sources"), rows)


def daily_uses(draw: Random, used: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for token in used:
        day = token["last_used_at"].date()
        for back in range(draw.randrange(1, 6)):
            yield token["id"], day - datetime.timedelta(days=back), draw.randrange(1, 2_000), draw.randrange(2)


def sources(draw: Random, token: dict[str, Any]) -> str | None:
    names = [f"10.1.{draw.randrange(256)}.{number}" for number in range(draw.randrange(1, 4))]
    return with_uses(None, [(name, token["last_used_at"]) for name in names])


def store_audit(issued: list[dict[str, Any]]) -> None:
    """The entries of the issues, as one chain that goes on from what there is."""
    head = AuditHead.objects.get()
    chain = Chain(head.seq, bytes(head.hash))
    insert(AuditEvent, EVENT, (chain.entry(token) for token in issued))
    AuditHead.objects.update(seq=chain.seq, hash=chain.hash)


class Chain:
    """The end of the audit log."""

    def __init__(self, seq: int, hash_: bytes) -> None:
        self.seq, self.hash = seq, hash_

    def entry(self, token: dict[str, Any]) -> list[Any]:
        """The columns of the next entry."""
        details = {
            "kind": str(token["kind"]),
            "application": str(token["application"]),
            "holder": str(token["holder"]) if token["holder"] else None,
            "scopes": sorted(token["scopes"]),
            "expires_at": token["expires_at"].isoformat() if token["expires_at"] else None,
            "description": token["description"],
            "hint": token["hint"],
        }
        event = AuditEvent(
            seq=self.seq + 1,
            previous_hash=self.hash,
            at=token["issued_at"],
            action="token:issue",
            source="profile",
            actor_type="user",
            actor_id=str(token["issuer"]),
            target_type="token",
            target_id=str(token["id"]),
            address=None,
            details=details,
        )
        self.seq, self.hash = event.seq, entry_hash(event)
        return [getattr(event, name) for name in EVENT]
