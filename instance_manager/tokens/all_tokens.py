"""The way from a page to all tokens of what it is about: listed, and asked about at once."""

from __future__ import annotations

from django.urls import reverse

from reference_tokens.pages.many.selection import MATCHING


def all_tokens(**filters: str) -> dict[str, str]:
    """Where the tokens are listed that these filters leave, and where it is asked whether to revoke them all."""
    return {
        "show_url": reverse("manage:inventory", query=filters),
        "revoke_url": reverse("manage:tokens_revoke", query=filters | {MATCHING: "1"}),
    }
