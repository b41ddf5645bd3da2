"""What is stored of a mailed link until its person opens it: never its key, only the digest of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models

from accounts.models.people import User


class EmailChange(models.Model):
    """An e-mail address that its person has yet to confirm by the link mailed to it; one for each person.

    Only the digest of the link's key is stored.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="email_change")
    email = models.EmailField()
    digest = models.BinaryField(max_length=32)
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.user_id)


class Invitation(models.Model):
    """The invitation of a person who has yet to choose a password by the mailed link; one for each person.

    Only the digest of the link's key is stored.
    """

    LIFETIME: ClassVar[timedelta] = timedelta(days=7)

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="invitation")
    digest = models.BinaryField(max_length=32)
    invited_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.user_id)

    @property
    def expires_at(self) -> datetime:
        """From this instant on the link is dead."""
        return self.invited_at + self.LIFETIME

    def is_expired(self, now: datetime) -> bool:
        """Whether the link is too old, so that the person needs a new one."""
        return now >= self.expires_at


class PasswordReset(models.Model):
    """A link that lets somebody choose a new password; a person may have several at a time.

    It was mailed to `email`, and ends when the person's address changes. Only the digest of its key is stored.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="password_resets")
    email = models.EmailField()
    digest = models.BinaryField(max_length=32, unique=True)
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.user_id)
