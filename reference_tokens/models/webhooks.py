"""Webhooks: addresses that are told what happens, and the messages that go there (contract 4.9)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlsplit

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.text.free_text import LineColumn, WordColumn
from accounts.text.validators import plain_text
from trusted_apps.models import TrustedApplication


class EventType(models.TextChoices):
    """What a webhook can be told of."""

    TOKEN_ISSUED = "token.issued", _("Token issued")
    TOKEN_FIRST_USED = "token.first_used", _("Token used for the first time")
    TOKEN_EXPIRING = "token.expiring", _("Token expires in 30, 7 or 1 days")
    TOKEN_EXPIRED = "token.expired", _("Token expired")
    TOKEN_ROTATED = "token.rotated", _("Token rotated")
    TOKEN_SUSPENDED = "token.suspended", _("Token suspended")
    TOKEN_RESUMED = "token.resumed", _("Token resumed")
    TOKEN_REVOKED = "token.revoked", _("Token revoked")
    TOKEN_EXPOSED = "token.exposed", _("Token exposed by a leak")
    AUDIT_ENTRY = "audit.entry", _("Entry of the audit log")


# The type of a message that an administrator sends to try an address.
TEST_TYPE = "webhook.test"


class Webhook(models.Model):
    """An address that an administrator registered, what it is told of, and the secrets that sign what it is told."""

    class State(models.TextChoices):
        """Whether it is told anything."""

        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        # Its receiver answered 410: it wants no more messages.
        ENDED = "ended", _("Ended by its receiver")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    url = WordColumn(_("address"), max_length=500)
    # Values of `EventType`, in its order.
    types = models.JSONField(_("events"), default=list)
    # Empty: all of them.
    application = models.ForeignKey(
        TrustedApplication,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("Trusted Application"),
    )
    description = LineColumn(_("description"), max_length=200, blank=True, validators=[plain_text])
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE, editable=False)
    # Sealed (`webhooks/signing.py`); former ones, parted by spaces, sign beside the other until an instant.
    secret = models.TextField(editable=False)
    former_secret = models.TextField(blank=True, editable=False)
    former_secret_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), editable=False)
    # The last entry of the audit log that it was told of; and of the next one, which is about many tokens, the last
    # token by its id.
    read_through = models.BigIntegerField(editable=False)
    read_token = models.UUIDField(null=True, editable=False)
    # Up to which expiry it was told of tokens, by the days before (`webhooks/expiries.py`).
    expiries = models.JSONField(default=dict, editable=False)
    # How many messages were given up since the administrators were mailed.
    failures_to_tell = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.url

    @property
    def host(self) -> str:
        """The part of the address that may be told to others: what follows may be as good as a password."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def is_active(self) -> bool:
        """Whether it is told what happens."""
        return self.state == self.State.ACTIVE

    @property
    def queue(self) -> str:
        """The queue of the outbox that holds its messages: a slow receiver holds up no other."""
        return f"webhook {self.pk.hex}"

    def has_former_secret(self, now: datetime) -> bool:
        """Whether the secret before signs too."""
        return self.former_secret_until is not None and now < self.former_secret_until


class WebhookDelivery(models.Model):
    """A message to one webhook, with what became of it; it never holds the value of a token."""

    class State(models.TextChoices):
        """What became of the message."""

        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")

    class Fault(models.TextChoices):
        """Why nothing answered."""

        NO_HOST = "no_host", _("No host of this name")
        NOT_ALLOWED = "not_allowed", _("The host has a private address, which is not allowed")
        NO_CONNECTION = "no_connection", _("No connection")
        TLS = "tls", _("TLS failed: the certificate is not trusted, or not of this host")
        TIMEOUT = "timeout", _("No answer in time")
        NO_HTTP = "no_http", _("The answer is not HTTP")
        NO_SECRET = "no_secret", _("The secret cannot be read: SECRET_KEY changed")

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    # The same at each try, so that the receiver knows a message that it has already.
    message_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    type = models.CharField(max_length=20, editable=False)
    payload = models.TextField(editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, editable=False)
    attempts = models.PositiveIntegerField(default=0, editable=False)
    next_at = models.DateTimeField(null=True, editable=False)
    last_status = models.PositiveSmallIntegerField(null=True, editable=False)
    last_fault = models.CharField(max_length=20, choices=Fault, blank=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    # Delivered, or given up.
    done_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        indexes: ClassVar = [
            models.Index(fields=["webhook", "-id"], name="delivery_of_webhook"),
            models.Index(fields=["webhook", "state", "-id"], name="delivery_by_state"),
            # Housekeeping finds by it what is too old.
            models.Index(fields=["done_at"], name="delivery_by_end", condition=models.Q(done_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.message_id}"
