"""The fingerprint of a question about many (MANY-1): its field, and the error if it stands for others."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from accounts.forms.fingerprints import change_in_count

# The field of a question that carries the fingerprint to its answer.
SEEN = "seen"


def fingerprint_context(seen: str, shown: str | None, changed: str) -> dict[str, Any]:
    """The fingerprint that a question carries to its answer; with an error and 409 if another was `shown`."""
    if shown is None:
        return {"seen": seen}
    return {"seen": seen, "error": changed + change_in_count(shown, seen), "status": HTTPStatus.CONFLICT}
