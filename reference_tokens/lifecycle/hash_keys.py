"""The keys of the ring as the database knows them: which of them stored digests still need (TOK-2)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Value

from accounts.database.compiled_query import Placeholder, compiled, fetched, filled
from reference_tokens.models import HashKey, ReferenceToken, ReferenceTokenQuerySet, ResourceServerSecret
from reference_tokens.token_values.key_ring import key_ring

if TYPE_CHECKING:
    from django.db.models import QuerySet


def current_hash_key(now: datetime) -> str:
    """The id of the newest key, in use from now on; call it in the transaction that stores the digest.

    Its row stays locked until that transaction ends, so that no other machine retires the key in between.
    """
    key_id = key_ring().current_id
    if not is_in_use(key_id):
        keys = HashKey.objects.select_for_update(no_key=True)
        key, _created = keys.get_or_create(id=key_id, defaults={"created_at": now})
        if key.retired_at is not None:
            key.retired_at = None
            key.save(update_fields=["retired_at"])
    return key_id


def is_in_use(key_id: str) -> bool:
    """Whether a key is stored and not retired; locked against that alone: those who issue tokens share it."""
    query = compiled(keys_in_use)
    shared = " FOR SHARE" if connection.features.has_select_for_update else ""
    params = filled(query.params, {"key_id": key_id})
    return bool(fetched(query.connection, query.sql + shared, params, keeps_form=True))


def keys_in_use() -> QuerySet[Any, Any]:
    """A row for the key `key_id`, if it is not retired."""
    return HashKey.objects.filter(pk=Placeholder("key_id"), retired_at=None).values_list(Value(1))


def missing_keys(now: datetime) -> dict[str, int]:
    """How many live tokens and secrets need each key that the ring lacks; a key that none needs is retired."""
    lacking = list(HashKey.objects.filter(retired_at=None).exclude(id__in=key_ring().ids))
    counts = {key.id: count_needing(key, now) or retire_if_unneeded(key, now) for key in lacking}
    return {key_id: count for key_id, count in counts.items() if count}


def retire_if_unneeded(key: HashKey, now: datetime) -> int:
    """Retire a key that no live token and no secret needs; else how many do, and it stays.

    Counted once more under the key's lock, which every process holds that stores a digest under it.
    """
    with transaction.atomic():
        HashKey.objects.select_for_update(no_key=True).get(pk=key.pk)
        count = count_needing(key, now)
        if not count:
            HashKey.objects.filter(pk=key.pk).update(retired_at=now)
    return count


def under_lost_keys(tokens: ReferenceTokenQuerySet) -> ReferenceTokenQuerySet:
    """Those of the tokens whose key the ring has lost: nothing tells them from a text that never was a token."""
    return tokens.exclude(hash_key__in=key_ring().ids)


def count_needing(key: HashKey, now: datetime) -> int:
    """How many live tokens and secrets are stored under a key."""
    live = ReferenceToken.objects.not_ended(now).filter(hash_key=key).count()
    return live + ResourceServerSecret.objects.filter(hash_key=key).count()
