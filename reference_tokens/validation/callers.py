"""Resource Servers: who asks about tokens, and how they prove it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Exists, QuerySet

from accounts.database.compiled_query import Placeholder, compiled
from reference_tokens.models import HashKey, ResourceServerSecret
from reference_tokens.models.resource_servers import MAXIMUM_SECRETS
from reference_tokens.token_values.hashing import KeyNotInRing, is_same_digest
from reference_tokens.token_values.key_ring import KeyRingIncomplete, key_ring

if TYPE_CHECKING:
    from collections.abc import Callable

# Of no secret: compared against for each that a refused caller might have had, so that all of them cost the same.
NO_DIGEST = bytes(32)
# The server of such a row, in the order of `Caller`.
NO_SERVER = (None, "", False, False, False, False, "", False)
# What ids and secrets are made of (T23).
CREDENTIAL_CHARACTERS = re.compile(r"[A-Za-z0-9_-]{1,200}\Z")


class Caller(NamedTuple):
    """An authenticated Resource Server, as one request needs it."""

    id: int
    client_id: str
    is_enabled: bool
    asks_for_all_applications: bool
    may_revoke: bool
    shares_profile: bool
    required_scopes: tuple[str, ...]
    # Whether some digest may exist under a key that this process lacks; read here so that a validation stays at
    # two SELECTs even where the token is not found.
    ring_is_incomplete: bool


def secrets_of_server(ring_ids: tuple[str, ...]) -> QuerySet[Any, Any]:
    """Each secret of the server with client id `client_id`, with the server's columns in the order of `Caller`."""
    foreign_keys = HashKey.objects.filter(retired_at=None).exclude(id__in=ring_ids)
    return (
        ResourceServerSecret.objects.filter(server__client_id=Placeholder("client_id"))
        .annotate(ring_is_incomplete=Exists(foreign_keys))
        .order_by()
        .values_list(
            "digest",
            "hash_key_id",
            "server__id",
            "server__client_id",
            "server__is_enabled",
            "server__asks_for_all_applications",
            "server__may_revoke",
            "server__shares_profile",
            "server__required_scopes",
            "ring_is_incomplete",
        )
    )


def authenticate(
    client_id: str, secret: str, refused: Callable[[list[list[Any]]], object] = lambda _rows: None
) -> Caller | None:
    """The enabled Resource Server with this id and secret, or None; unknown and wrong cost the same work.

    `refused` is called with the rows of the server that is named, where it is not proved. Raises `KeyRingIncomplete`
    where the secret may be one that was stored under a key that this process lacks.
    """
    rows = compiled(secrets_of_server, key_ring().ids).rows(client_id=client_id)
    caller = proven(rows, secret)
    if caller is None:
        refused(rows)
    return caller


def proven(rows: list[list[Any]], secret: str) -> Caller | None:
    """The enabled Resource Server of these rows of `secrets_of_server`, if one of them is of this secret.

    All who are refused cost the same work. Raises `KeyRingIncomplete` as `authenticate` does.
    """
    caller = with_secret(rows, secret)
    if caller and caller.is_enabled:
        return caller
    with_secret(stand_ins(rows), secret)
    return None


def with_secret(rows: list[list[Any]], secret: str) -> Caller | None:
    """The Resource Server of the row whose digest is of this secret; each of them is compared."""
    ring = key_ring()
    caller, lacks_a_key = None, False
    for digest, key_id, *columns in rows:
        try:
            expected = ring.digest(secret, key_id)
        except KeyNotInRing:
            lacks_a_key = True
            continue
        if is_same_digest(expected, bytes(digest)):
            caller = Caller(*columns)
    if caller is None and lacks_a_key:
        raise KeyRingIncomplete
    return caller


def enabled(rows: list[list[Any]]) -> Caller | None:
    """The enabled Resource Server of these rows of `secrets_of_server`; for forward auth, where the proxy names it.

    As with `proven`, all who are refused cost the same work.
    """
    caller = Caller(*rows[0][2:]) if rows else None
    if caller and caller.is_enabled:
        return caller
    stand_ins(rows)
    return None


def stand_ins(rows: list[list[Any]]) -> list[list[Any]]:
    """A row of nobody, read as those of the database are, for each secret that the server does not have."""
    ring = key_ring()
    servers = compiled(secrets_of_server, ring.ids)
    row = (NO_DIGEST, ring.current_id, *NO_SERVER)
    return [servers.converted(row) for _missing in range(MAXIMUM_SECRETS - len(rows))]
