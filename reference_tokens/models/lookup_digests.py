"""What a token is found by at `/leaks/lookup`: a second digest, kept only where `LEAK_LOOKUP` is on."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from reference_tokens.models.tokens import ReferenceToken

PREFIX_DIGITS, REST_DIGITS = 5, 59


class LookupDigest(models.Model):
    """The SHA-256 of a token's value, in lower-case hexadecimal digits: those that are asked for, and the others.

    A table of its own, which is empty while the setting is off. Nothing decides by it whether a token is good.
    """

    token = models.OneToOneField(
        ReferenceToken, on_delete=models.CASCADE, primary_key=True, related_name="lookup_digest"
    )
    prefix = models.CharField(max_length=PREFIX_DIGITS)
    rest = models.CharField(max_length=REST_DIGITS)

    class Meta:
        verbose_name_plural = _("lookup digests")
        indexes: ClassVar = [models.Index(fields=["prefix"], name="lookup_digest_by_prefix")]

    def __str__(self) -> str:
        return self.prefix
