"""Refusals that can be read: which token or caller was refused, at which door, why and from where (TOK-16)."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from reference_tokens.models.resource_servers import ResourceServer
from reference_tokens.models.tokens import ReferenceToken
from trusted_apps.models import TrustedApplication

# So long they are kept, and so many of a token; of no token so many for each Resource Server.
REFUSALS_KEPT = timedelta(days=30)
REFUSALS_OF_ONE = 50
HAS_APPLICATION, HAS_SERVER = models.Q(application__isnull=False), models.Q(server__isnull=False)


class Door(models.TextChoices):
    """The machine address that refused."""

    INTROSPECTION = "introspection", _("Introspection")
    REVOCATION = "revocation", _("Revocation")
    FORWARD_AUTH = "forward_auth", _("Forward auth")
    UNBOUND_FORWARD_AUTH = "unbound_forward_auth", _("Forward auth without a Resource Server")
    TOKEN_ITSELF = "token_itself", "/api/token"
    SELF_ROTATION = "self_rotation", "/api/token/rotate"
    PROFILE = "profile", _("Holder's profile")
    MANAGEMENT_API = "management_api", _("Management API")


class RefusalCount(models.Model):
    """How often a token was refused within a minute, for a Resource Server or where none is named.

    Why, at which door and from where is that of the last time. Where no stored token was presented, there is a row for
    each reason of a Resource Server; nothing of a value is kept.
    """

    token = models.ForeignKey(ReferenceToken, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    # As in the token's row: it leads to the refusals of an application.
    application = models.ForeignKey(
        TrustedApplication, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    server = models.ForeignKey(ResourceServer, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    minute = models.DateTimeField()
    reason = models.CharField(max_length=30)
    door = models.CharField(max_length=30, choices=Door)
    address = models.GenericIPAddressField(null=True)
    count = models.PositiveBigIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = _("refusals")
        # These lead to the last ones of an application and of a Resource Server, and to the oldest of all. The first
        # constraint leads to those of a token.
        indexes: ClassVar = [
            models.Index(fields=["application", "minute", "id"], name="refusal_of_app", condition=HAS_APPLICATION),
            models.Index(fields=["server", "minute", "id"], name="refusal_of_server", condition=HAS_SERVER),
            models.Index(fields=["minute"], name="refusal_by_minute"),
        ]
        # Three, since a database takes two rows without a server for different ones.
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["token", "server", "minute"], name="refusal_one_a_minute"),
            models.UniqueConstraint(
                fields=["token", "minute"], condition=models.Q(server=None), name="refusal_one_a_minute_unbound"
            ),
            models.UniqueConstraint(
                fields=["server", "reason", "minute"],
                condition=models.Q(token=None),
                name="refusal_one_a_minute_no_token",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.minute} {self.token_id} {self.server_id} {self.reason} {self.count}"
