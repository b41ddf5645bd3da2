"""How tokens were used, and what was answered."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models

from reference_tokens.models.resource_servers import ResourceServer
from reference_tokens.models.tokens import ReferenceToken
from trusted_apps.models import TrustedApplication

IS_LISTED = models.Q(is_revoked=False, last_used_at__isnull=False)


class TokenUse(models.Model):
    """The last use of a token, which a batch writes in place of the token's own row, wide and in many indexes (TOK-13).

    It is there once a token was used, or refused. What decides whether a token is good is not in it.
    """

    token = models.OneToOneField(ReferenceToken, on_delete=models.CASCADE, primary_key=True, related_name="use")
    # These two are as in the token's row: they lead an index to the tokens of an application, and past revoked ones.
    application = models.ForeignKey(
        TrustedApplication, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    is_revoked = models.BooleanField(default=False)
    last_used_at = models.DateTimeField(null=True)
    last_used_address = models.GenericIPAddressField(null=True)
    last_used_server = models.ForeignKey(
        ResourceServer, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    # How often it was accepted and refused on the last day (UTC) of which that is known; `DailyUse` has those before.
    counted_on = models.DateField(null=True, editable=False)
    accepted_on_day = models.PositiveBigIntegerField(null=True, editable=False)
    refused_on_day = models.PositiveBigIntegerField(null=True, editable=False)
    # The last five addresses and Resource Servers, with their times (`usage/sources.py`).
    recent_sources = models.TextField(blank=True, editable=False)

    class Meta:
        # What serves the order of lists by last use (`lists/finding/order.py`): of all tokens, and of an application's.
        indexes: ClassVar = [
            models.Index(fields=[*columns, "last_used_at", "token"], name=name, condition=IS_LISTED)
            for name, *columns in (("use_by_time",), ("use_of_app_by_time", "application"))
        ]

    def __str__(self) -> str:
        return f"{self.token_id} {self.last_used_at}"

    @property
    def source(self) -> str:
        """Who told of it: the Resource Server that asked, or the address; empty where that is not known."""
        return self.last_used_server.name if self.last_used_server else self.last_used_address or ""


class DailyUse(models.Model):
    """How often a token was accepted and refused on a day (UTC) (TOK-13); `TokenUse` has the last day."""

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

    ACCEPTED: ClassVar[str] = "active"
    # Stands for all days that are long over, whose counts housekeeping adds up.
    EARLIER: ClassVar[date] = date(1970, 1, 1)

    day = models.DateField()
    # Of the Resource Server; empty for the doors where none is named.
    client_id = models.CharField(max_length=40, blank=True)
    outcome = models.CharField(max_length=30)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        # Home and housekeeping read days of all Resource Servers.
        indexes: ClassVar = [models.Index(fields=["day"], name="answer_count_by_day")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client_id", "day", "outcome"], name="answer_count_one_for_each_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.client_id} {self.outcome} {self.count}"
