"""Filters of lists of tokens that people keep under a name."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from accounts.models import User
from accounts.text.free_text import LineColumn
from accounts.text.validators import plain_text

LONGEST_NAME = 60


class SavedFilter(models.Model):
    """What a list of a site is narrowed to and how it is ordered, as its address says it, for the one who saved it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    site = models.CharField(max_length=10)
    name = LineColumn(max_length=LONGEST_NAME, validators=[plain_text])
    # More than all filters of a list take together, where each letter is twelve characters of an address.
    query = models.CharField(max_length=12_000, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "site", "name"], name="saved_filter_one_of_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
