"""What `/metrics` tells of all processes together, and for good: these numbers never begin again (contract 4.8)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class ValidationTime(models.Model):
    """How many validations a door answered with an outcome within a time, and how long these took together."""

    door = models.CharField(max_length=30)
    # "active", or the internal reason against it.
    outcome = models.CharField(max_length=30)
    # In seconds, as the label `le` of a histogram says it; each validation is counted in the shortest that holds it.
    within = models.CharField(max_length=10)
    count = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0.0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["door", "outcome", "within"], name="validation_time_one_for_each"),
        ]

    def __str__(self) -> str:
        return f"{self.door} {self.outcome} {self.within} {self.count}"


class EventCount(models.Model):
    """How often something happened that an operator is told of (`accounts/events.py`)."""

    event = models.CharField(primary_key=True, max_length=40)
    count = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.event} {self.count}"


class TokenNumber(models.Model):
    """How many tokens there were of a kind when they were last counted (`maintenance/token_numbers.py`)."""

    name = models.CharField(primary_key=True, max_length=40)
    number = models.PositiveBigIntegerField()
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.number}"
