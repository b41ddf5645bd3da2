"""Last uses; daily counts and audit entries of a share of the tokens."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from random import Random
from typing import Any

from accounts.audit.chain import entry_hash
from accounts.models import AuditEvent, AuditHead
from reference_tokens.usage.sources import with_uses
from tests.bench.seed.bulk import insert

USE = "token application is_revoked last_used_at last_used_address last_used_server recent_sources".split()
# One of so many used tokens has daily counts; one of so many tokens has its entry in the audit log.
ONE_OF_USED = 4
ONE_OF_ALL = 10
EVENT = "seq previous_hash at action source actor_type actor_id target_type target_id address details".split()


def use(draw: Random, token: dict[str, Any]) -> list[Any]:
    """What is stored of the last use of a token, in the order of `USE`."""
    return [
        token["id"],
        token["application"],
        bool(token["revoked_at"]),
        *(token[name] for name in USE[3:6]),
        sources(draw, token),
    ]


def daily_uses(draw: Random, used: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for token in used:
        day = token["last_used_at"].date()
        for back in range(draw.randrange(1, 6)):
            yield token["id"], day - datetime.timedelta(days=back), draw.randrange(1, 2_000), draw.randrange(2)


def sources(draw: Random, token: dict[str, Any]) -> str:
    names = [f"10.1.{draw.randrange(256)}.{number}" for number in range(draw.randrange(1, 4))]
    return with_uses("", [(name, token["last_used_at"]) for name in names])


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
