"""How tokens were used, and what was answered."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from reference_tokens.models.tokens import ReferenceToken


class DailyUse(models.Model):
    """How often a token was accepted and refused on a day (UTC) (TOK-13); the token's row has the last day."""

    token = models.ForeignKey(ReferenceToken, on_delete=models.CASCADE, related_name="daily_uses", db_index=False)
    day = models.DateField()
    accepted = models.PositiveBigIntegerField(default=0)
    refused = models.PositiveBigIntegerField(default=0)

    class Meta:
        # Housekeeping finds by it what is too old, and that there is nothing more.
        indexes: ClassVar = [models.Index(fields=["day"], name="daily_use_by_day")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["token", "day"], name="daily_use_one_for_each_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.token_id} {self.accepted} {self.refused}"


class AnswerCount(models.Model):
    """How often a Resource Server was given an answer on a day (UTC): "active", or the internal reason against it."""

    day = models.DateField()
    # Of the Resource Server; empty for the doors where none is named.
    client_id = models.CharField(max_length=40, blank=True)
    outcome = models.CharField(max_length=30)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client_id", "day", "outcome"], name="answer_count_one_for_each_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.client_id} {self.outcome} {self.count}"
