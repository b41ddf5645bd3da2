"""Many tokens judged for one Resource Server by one query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_tokens.models import Door, ReferenceToken
from reference_tokens.token_values import token_format
from reference_tokens.token_values.key_ring import key_ring
from reference_tokens.validation.noting import note
from reference_tokens.validation.validate import (
    MALFORMED,
    decision_on,
    token_record,
    with_digest,
    with_what_decides,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from reference_tokens.validation.callers import Caller
    from reference_tokens.validation.decision import Decision, TokenRecord


def validate_many(plaintexts: Sequence[str], *, now: datetime, server: Caller) -> list[Decision]:
    """Whether each of the texts is a good token now for the Resource Server that asks, in their order.

    Each is noted as `validate` notes one. Where of one it cannot be told whether it exists, nothing is told and noted
    of any: it raises as that does.
    """
    records = find_many({text for text in plaintexts if token_format.is_well_formed(text)}, server)
    decisions = [
        decision_on(records.get(text), now, server) if token_format.is_well_formed(text) else MALFORMED
        for text in plaintexts
    ]
    for decision in decisions:
        note(decision, now=now, server=server, door=Door.INTROSPECTION)
    return decisions


def find_many(plaintexts: Collection[str], server: Caller) -> dict[str, TokenRecord]:
    """What is stored of those of the well-formed tokens that exist: one SELECT, none for no tokens."""
    if not plaintexts:
        return {}
    text_of = {digest: text for text in plaintexts for digest in key_ring().digests(text)}
    tokens = with_digest(ReferenceToken.objects.all(), list(text_of))
    rows = with_what_decides(tokens, server.client_id, with_profile=server.shares_profile, first=["digest"])
    return {text_of[bytes(digest)]: token_record(row, server) for digest, *row in rows}
