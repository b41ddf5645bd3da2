"""What was answered to requests with an Idempotency-Key, so that a repeated one is answered alike and does nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models

LIFETIME = timedelta(hours=24)


class RepeatableAnswer(models.Model):
    """The answer to one request of a caller. It holds no secret: one that was answered with is left out."""

    # The holder of the token: a program may have rotated it meanwhile.
    caller = models.UUIDField()
    # Of the key, which may hold anything that a program has at hand.
    key_digest = models.BinaryField(max_length=32)
    # Of method, address and body.
    digest = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(default=0)
    content = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    held_secret = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "repeatable answers"
        indexes: ClassVar = [models.Index(fields=["created_at"], name="repeatable_answer_by_age")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["caller", "key_digest"], name="repeatable_answer_once")
        ]

    def __str__(self) -> str:
        return bytes(self.key_digest).hex()
