"""The fingerprint of a question about many (MANY-1): its field, and what is said where it stands for others by now."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from accounts.forms.fingerprints import change_in_count

# The field of a question that carries the fingerprint to its answer.
SEEN = "seen"


def fingerprint_context(seen: str, shown: str | None, changed: str) -> dict[str, Any]:
    """What a question carries to its answer; with `changed` and 409 if other things were `shown` before."""
    if shown is None:
        return {"seen": seen}
    return {"seen": seen, "error": changed + change_in_count(shown, seen), "status": HTTPStatus.CONFLICT}
