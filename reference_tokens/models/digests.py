"""What is stored in place of a secret value: its digest, and the key that it was made under."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Length
from django.utils import timezone

DIGEST_BYTES = 32

models.BinaryField.register_lookup(Length)


def digest_length_check(name: str) -> models.CheckConstraint:
    """A digest is exactly 32 bytes."""
    return models.CheckConstraint(condition=models.Q(digest__length=DIGEST_BYTES), name=name)


class HashKey(models.Model):
    """A key of the ring by its public id: which keys stored digests still need (TOK-2). Never the key itself."""

    id = models.CharField(primary_key=True, max_length=16)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return self.id
