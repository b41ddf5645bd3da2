"""The record of what happened: entries, head, marks, and how far it was sent."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class AuditEvent(models.Model):
    """One entry of the record of what happened (AUD-1). Written by `audit.record_event`, never changed.

    Actor and target are kept as type and id without a foreign key, so that anonymising a person breaks nothing.
    """

    seq = models.BigIntegerField(primary_key=True)
    previous_hash = models.BinaryField(max_length=32)
    at = models.DateTimeField()
    action = models.CharField(max_length=60)
    source = models.CharField(max_length=20)
    actor_type = models.CharField(max_length=30)
    actor_id = models.CharField(max_length=60, blank=True)
    target_type = models.CharField(max_length=30)
    target_id = models.CharField(max_length=60, blank=True)
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=60, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["target_type", "target_id", "-seq"], name="audit_event_target"),
            models.Index(fields=["actor_type", "actor_id", "-seq"], name="audit_event_actor"),
            models.Index(fields=["action", "-seq"], name="audit_event_action"),
            models.Index(fields=["source", "-seq"], name="audit_event_source"),
            models.Index(fields=["address", "-seq"], name="audit_event_address"),
            # From an instant to the numbers around it (`audit/queries.py`).
            models.Index(fields=["at"], name="audit_event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.action}"


class AuditHead(models.Model):
    """The end of the chain of audit entries: one row, which every append locks."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(id=1), name="audit_head_is_one_row"),
        ]

    def __str__(self) -> str:
        return str(self.seq)


class AuditMark(models.Model):
    """A place in the chain, with a signature that nobody makes without a key outside the database.

    `signed`: the last entry when housekeeping was last done. `pruned`: the last entry that was removed for its age.
    """

    name = models.CharField(max_length=10, primary_key=True)
    seq = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)
    at = models.DateTimeField()
    signature = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.name} {self.seq}"


class AuditStream(models.Model):
    """How far the entries were sent to a log system: one row, where a stream was ever set."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    sent_through = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(id=1), name="audit_stream_is_one_row"),
        ]

    def __str__(self) -> str:
        return str(self.sent_through)
