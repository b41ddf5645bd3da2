"""Tokens beside those of a test, so that a database has a reason to choose an index."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from reference_tokens.lifecycle.hash_keys import current_hash_key
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, UserFactory


def add_tokens_of_others() -> None:
    """Tokens of twenty people and applications."""
    others = zip(UserFactory.create_batch(20), ApplicationFactory.create_batch(20), strict=True)
    now = timezone.now()
    ReferenceToken.objects.bulk_create(
        ReferenceToken(
            kind="PAT",
            application=application,
            holder=holder,
            scopes="read",
            hash_key_id=current_hash_key(now),
            digest=(number * 20 + copy).to_bytes(32),
            issued_at=now,
            expires_at=now + timedelta(days=copy + 1),
        )
        for number, (holder, application) in enumerate(others)
        for copy in range(20)
    )
    analyze(ReferenceToken)


def analyze(model: type[Model]) -> None:
    """Tell PostgreSQL what there is: its plans go by what it last heard of a table."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {model._meta.db_table}")
