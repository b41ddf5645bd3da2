"""What waits to be sent."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from accounts.models.people import User


class OutboxEntry(models.Model):
    """Something that waits to be sent, stored with the change that it tells of (`accounts.outbox`); deleted when sent.

    `content` is sealed: it may hold a link that opens an account, or what somebody typed.
    """

    # Apps register their kinds when the service starts.
    kind = models.CharField(max_length=40)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    # The digest of the link in it.
    link = models.BinaryField(max_length=32, null=True)
    content = models.TextField(blank=True)
    # The row of the kind's own table that says what is sent, where that is not in the content.
    reference = models.BigIntegerField(null=True)
    # Entries are taken in turn from each queue, so that what one of them waits for holds up no other; empty for mails.
    # With a default of the database's own, so that the release before this one can go on inserting rows.
    queue = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    # Whether it goes before others that are due, since somebody waits for it.
    is_urgent = models.BooleanField()
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    # From then on nothing is sent; null: it is tried for as long as it is due.
    expires_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "outbox entries"
        indexes: ClassVar = [models.Index(fields=["queue", "-is_urgent", "due_at", "id"], name="outbox_entry_due")]

    def __str__(self) -> str:
        return self.kind
