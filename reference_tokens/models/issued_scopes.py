"""Which scopes the tokens of an application have."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from trusted_apps.models import TrustedApplication


class IssuedScope(models.Model):
    """A scope that some token of an application was issued with; a trigger writes it (`search_tables.py`)."""

    application = models.ForeignKey(
        TrustedApplication, on_delete=models.CASCADE, related_name="issued_scopes", db_index=False
    )
    scope = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "scope"], name="issued_scope_once_for_each_application")
        ]

    def __str__(self) -> str:
        return self.scope
