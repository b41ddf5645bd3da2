"""Resource Servers: who asks about tokens, and how they prove it."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import models, transaction
from django.db.models import Exists, QuerySet

from accounts.audit import Actor, Target, record_event
from reference_tokens.compiled_query import Placeholder, compiled
from reference_tokens.hashing import KeyNotInRing, is_same_digest
from reference_tokens.key_ring import KeyRingIncomplete, current_hash_key, key_ring
from reference_tokens.models import HashKey, ResourceServer, ResourceServerSecret

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from trusted_apps.models import TrustedApplication

CLIENT_ID_PREFIX = "rs_"
SECRET_PREFIX = "enrs_"  # noqa: S105 - how a secret starts, not one
# Compared against when the client is unknown, so that an unknown one costs the same work as a wrong secret.
NO_DIGEST = bytes(32)
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
        ResourceServerSecret.objects.filter(server__client_id=Placeholder("client_id", models.CharField()))
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


def authenticate(client_id: str, secret: str) -> Caller | None:
    """The enabled Resource Server with this id and secret, or None; unknown and wrong cost the same work.

    Raises `KeyRingIncomplete` where the secret may be one that was stored under a key that this process lacks.
    """
    ring = key_ring()
    rows = compiled(secrets_of_server, ring.ids).rows(client_id=client_id)
    caller, lacks_a_key = None, False
    for digest, key_id, *columns in rows or [[NO_DIGEST, ring.current_id]]:
        try:
            expected = ring.digest(secret, key_id)
        except KeyNotInRing:
            lacks_a_key = True
            continue
        if is_same_digest(expected, bytes(digest)):
            caller = Caller(*columns)
    if caller is None and lacks_a_key:
        raise KeyRingIncomplete
    return caller if caller and caller.is_enabled else None


def find_enabled(client_id: str) -> Caller | None:
    """The enabled Resource Server with this id, not authenticated: for forward auth, where the proxy names it."""
    if not CREDENTIAL_CHARACTERS.match(client_id):
        return None
    rows = compiled(secrets_of_server, key_ring().ids).rows(client_id=client_id)
    caller = Caller(*rows[0][2:]) if rows else None
    return caller if caller and caller.is_enabled else None


def create_resource_server(
    *,
    actor: Actor,
    now: datetime,
    name: str,
    applications: Iterable[TrustedApplication] = (),
    **values: Any,
) -> tuple[ResourceServer, str]:
    """Register a Resource Server; returns it and its secret, which exists nowhere else.

    `values` are columns of `ResourceServer`. Raises `ValidationError` for a name that is taken.
    """
    server = ResourceServer(client_id=CLIENT_ID_PREFIX + secrets.token_hex(10), name=name, created_at=now, **values)
    with transaction.atomic():
        server.full_clean()
        server.save(force_insert=True)
        server.applications.set(applications)
        secret = add_secret(server, now)
        details = {
            "name": server.name,
            "applications": sorted(server.applications.values_list("application_uri", flat=True)),
            "asks_for_all_applications": server.asks_for_all_applications,
            "may_revoke": server.may_revoke,
            "shares_profile": server.shares_profile,
            "required_scopes": list(server.required_scopes),
        }
        target = Target("resource_server", server.client_id)
        record_event(actor, "resource_server:create", target, now=now, details=details)
    return server, secret


def add_secret(server: ResourceServer, now: datetime) -> str:
    """Give the server one more secret and return it: 256 random bits, of which only the keyed digest is stored."""
    secret = SECRET_PREFIX + secrets.token_urlsafe(32)
    hash_key = current_hash_key(now)
    digest = key_ring().digest(secret)
    ResourceServerSecret.objects.create(
        server=server, digest=digest, hash_key=hash_key, hint=f"{SECRET_PREFIX}…{secret[-4:]}", created_at=now
    )
    return secret
