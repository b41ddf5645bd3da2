from __future__ import annotations

from django.apps import AppConfig


class ReferenceTokensConfig(AppConfig):
    """The tokens: form, digest, issuing, revocation, validation."""

    name = "reference_tokens"
