"""The key ring of this process, and whether it has every key that stored digests need (TOK-2)."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from django.conf import settings

from reference_tokens.hashing import KeyRing
from reference_tokens.models import HashKey, ReferenceToken, ResourceServerSecret


class KeyRingIncomplete(Exception):
    """A digest was made under a key that this process lacks: nobody can say that a token is unknown."""


@lru_cache(maxsize=8)
def _ring_of(keys: tuple[str, ...]) -> KeyRing:
    return KeyRing(keys)


def key_ring() -> KeyRing:
    """The ring made of `TOKEN_HASH_KEYS`."""
    return _ring_of(tuple(settings.TOKEN_HASH_KEYS))


def current_hash_key(now: datetime) -> HashKey:
    """The row of the newest key, in use from now on; call it in the transaction that stores the digest."""
    key, _created = HashKey.objects.get_or_create(id=key_ring().current_id, defaults={"created_at": now})
    if key.retired_at is not None:
        key.retired_at = None
        key.save(update_fields=["retired_at"])
    return key


def missing_keys(now: datetime) -> dict[str, int]:
    """How many live tokens and secrets need each key that the ring lacks; a key that none needs is retired."""
    missing = {}
    for key in HashKey.objects.filter(retired_at=None).exclude(id__in=key_ring().ids):
        live = ReferenceToken.objects.not_ended(now).filter(hash_key=key).count()
        count = live + ResourceServerSecret.objects.filter(hash_key=key).count()
        if count:
            missing[key.id] = count
        else:
            HashKey.objects.filter(pk=key.pk).update(retired_at=now)
    return missing
