"""Reports that tokens were seen where others can read them."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.text.free_text import LineColumn
from accounts.text.validators import plain_text

LONGEST_PLACE = 500


class LeakReport(models.Model):
    """A report that named tokens of this instance; never their values. It is kept as long as the tokens are."""

    class Origin(models.TextChoices):
        """Who reported."""

        ANYBODY = "anybody", _("Somebody who found it")
        GITHUB = "github", _("GitHub secret scanning")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    origin = models.CharField(max_length=10, choices=Origin)
    # Where the tokens were seen, as the report says; without anything that is a secret.
    place = LineColumn(max_length=LONGEST_PLACE, blank=True, validators=[plain_text])
    received_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.received_at} {self.origin} {self.place}".strip()
