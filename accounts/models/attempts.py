"""How often something was tried, where no Redis counts it."""

from __future__ import annotations

from django.db import models


class AttemptCount(models.Model):
    """A count of attempts until `ends_at`, in seconds since 1970; only `accounts.limits.rates` counts."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.IntegerField()
    ends_at = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.count)
