"""Notices, which are mails about tokens (TOK-15), and leases of work that one process at a time does."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Sets of mails about tokens."""

    def waiting(self) -> NoticeQuerySet:
        """Those that are yet to be sent."""
        return self.filter(done_at=None)


class Notice(models.Model):
    """One mail to one person about tokens: stored in the transaction of its cause, sent by the outbox.

    What the mail says is read from the tokens when it is sent; it never holds a token's value.
    """

    class Kind(models.TextChoices):
        """What the mail is about."""

        EXPIRY = "expiry", _("Expires soon")
        REVOCATION = "revocation", _("Revoked")
        SUSPENSION = "suspension", _("Suspended")
        ROTATION = "rotation", _("Rotated itself")
        UNUSED = "unused", _("Unused")
        LEAK = "leak", _("Exposed")
        LEAK_TO_ADMINISTRATOR = "leak_admin", _("Exposed, to an administrator")

    kind = models.CharField(max_length=10, choices=Kind)
    recipient = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    tokens = models.ManyToManyField("reference_tokens.ReferenceToken", related_name="notices")
    # Of a mail before an expiry: how many days before.
    step = models.PositiveSmallIntegerField(null=True)
    # What brought it about: a second mail to the same person for the same cause cannot be stored.
    cause = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    # Sent, or dropped because it was not true any more.
    done_at = models.DateTimeField(null=True)

    objects: ClassVar = NoticeQuerySet.as_manager()

    class Meta:
        # Housekeeping finds by it what was sent long ago.
        indexes: ClassVar = [
            models.Index(fields=["done_at"], name="notice_by_end", condition=models.Q(done_at__isnull=False)),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["recipient", "kind", "cause"], name="notice_one_for_each_cause"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.cause}"


class Lease(models.Model):
    """The right of one process to do a piece of work until an instant; no other process does it before then."""

    name = models.CharField(primary_key=True, max_length=40)
    until = models.DateTimeField()
    # When the last run began that came to its end.
    done_at = models.DateTimeField(null=True)
    # When the last run began that did not.
    failed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} until {self.until:%Y-%m-%d %H:%M:%S}"
