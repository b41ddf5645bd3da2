"""The APIs that may ask about tokens."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.text.case_folding import equals_text
from accounts.text.free_text import LineColumn
from accounts.text.validators import plain_text
from reference_tokens.models.digests import DIGEST_BYTES, HashKey, digest_length_check
from trusted_apps.models import TrustedApplication, require_known_scopes
from trusted_apps.scopes import ScopesField

# So many secrets of a Resource Server are good at a time, so that one can take the place of the other.
MAXIMUM_SECRETS = 2


class ResourceServer(models.Model):
    """A downstream API that may ask about the tokens of its applications (VAL-3)."""

    client_id = models.CharField(_("client id"), max_length=40, unique=True, editable=False)
    name = LineColumn(_("name"), max_length=100, unique=True, validators=[plain_text])
    is_enabled = models.BooleanField(pgettext_lazy("Resource Server", "enabled"), default=True)
    applications = models.ManyToManyField(
        TrustedApplication, blank=True, related_name="resource_servers", verbose_name=_("Trusted Applications")
    )
    asks_for_all_applications = models.BooleanField(_("all applications"), default=False)
    may_revoke = models.BooleanField(_("may revoke"), default=False)
    shares_profile = models.BooleanField(_("learns name, e-mail and groups"), default=False)
    required_scopes = ScopesField(_("required scopes"), blank=True, default=tuple, validators=[require_known_scopes])
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    last_asked_at = models.DateTimeField(_("last asked"), null=True, editable=False)

    class Meta:
        verbose_name = _("Resource Server")
        verbose_name_plural = _("Resource Servers")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse the name of another one in other letters; of the same in the same ones the column tells."""
        # PostgreSQL takes no NUL; the column refuses it.
        if "\0" in self.name:
            return
        alike = ResourceServer.objects.filter(equals_text("name", self.name)).exclude(pk=self.pk)
        if alike.exclude(name=self.name).exists():
            raise ValidationError({"name": _("Another Resource Server has this name.")})


class ResourceServerSecret(models.Model):
    """One of the secrets of a Resource Server; two at a time are good, so that it can change without a gap."""

    server = models.ForeignKey(ResourceServer, on_delete=models.CASCADE, related_name="secrets")
    digest = models.BinaryField(max_length=DIGEST_BYTES, unique=True)
    hash_key = models.ForeignKey(HashKey, on_delete=models.PROTECT, db_index=False)
    hint = models.CharField(max_length=16, default="", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [digest_length_check("secret_digest_is_32_bytes")]

    def __str__(self) -> str:
        return f"secret of {self.server_id}"
