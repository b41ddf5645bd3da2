"""What the database knows of the fence, which stands outside it (RUN-5)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class FencePosition(models.Model):
    """How far this database has come in the fence: what stands before is in it. One row, where a fence was ever set.

    `mark` tells what stood just before that place, so that another fence is not taken for this one.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    place = models.BigIntegerField()
    mark = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(id=1), name="fence_position_is_one_row"),
        ]

    def __str__(self) -> str:
        return str(self.place)


class FenceLine(models.Model):
    """A line that the fence did not take when its act was committed; it waits to be appended."""

    text = models.TextField()

    def __str__(self) -> str:
        return self.text
