"""The key ring of this process, and whether it has every key that stored digests need (TOK-2)."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.db import transaction

from reference_tokens.models import HashKey, ReferenceToken, ReferenceTokenQuerySet, ResourceServerSecret
from reference_tokens.token_values.hashing import KeyRing


class KeyRingIncomplete(Exception):
    """A digest was made under a key that this process lacks: nobody can say that a token is unknown."""


@lru_cache(maxsize=8)
def _ring_of(keys: tuple[str, ...]) -> KeyRing:
    return KeyRing(keys)


def key_ring() -> KeyRing:
    """The ring made of `TOKEN_HASH_KEYS`."""
    return _ring_of(tuple(settings.TOKEN_HASH_KEYS))


def current_hash_key(now: datetime) -> HashKey:
    """The row of the newest key, in use from now on; call it in the transaction that stores the digest.

    The row stays locked until that transaction ends, so that no other machine retires the key in between.
    """
    keys = HashKey.objects.select_for_update(no_key=True)
    key, _created = keys.get_or_create(id=key_ring().current_id, defaults={"created_at": now})
    if key.retired_at is not None:
        key.retired_at = None
        key.save(update_fields=["retired_at"])
    return key


def missing_keys(now: datetime) -> dict[str, int]:
    """How many live tokens and secrets need each key that the ring lacks; a key that none needs is retired."""
    lacking = list(HashKey.objects.filter(retired_at=None).exclude(id__in=key_ring().ids))
    counts = {key.id: count_needing(key, now) or retire(key, now) for key in lacking}
    return {key_id: count for key_id, count in counts.items() if count}


def retire(key: HashKey, now: datetime) -> int:
    """Retire a key that no live token and no secret needs; else how many do, and it stays.

    Counted once more under the lock that whoever stores a digest under this key holds: another machine may have it.
    """
    with transaction.atomic():
        HashKey.objects.select_for_update(no_key=True).get(pk=key.pk)
        count = count_needing(key, now)
        if not count:
            HashKey.objects.filter(pk=key.pk).update(retired_at=now)
    return count


def under_lost_keys(tokens: ReferenceTokenQuerySet) -> ReferenceTokenQuerySet:
    """Those of the tokens whose key the ring has no more, so that they cannot be told from what never was a token."""
    return tokens.exclude(hash_key__in=key_ring().ids)


def count_needing(key: HashKey, now: datetime) -> int:
    """How many live tokens and secrets are stored under a key."""
    live = ReferenceToken.objects.not_ended(now).filter(hash_key=key).count()
    return live + ResourceServerSecret.objects.filter(hash_key=key).count()
