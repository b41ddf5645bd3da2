"""What applying a configuration changes, as it is shown before and told after."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Sign(StrEnum):
    """What happens to a thing."""

    ADDED = "+"
    CHANGED = "~"
    REMOVED = "-"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is added, changed or removed; of a changed one only what differs.

    `impact` counts the tokens that it concerns, by what happens to them (POL-6).
    """

    sign: Sign
    kind: str
    name: str
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    impact: dict[str, int] = field(default_factory=dict)

    @property
    def members(self) -> dict[str, Any]:
        """The change for programs."""
        return {
            "sign": str(self.sign),
            "kind": self.kind,
            "name": self.name,
            "before": self.before,
            "after": self.after,
            "impact": self.impact,
        }


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that was made, which exists nowhere else; a value is no part of what is shown of it."""

    kind: str
    name: str
    values: dict[str, str] = field(repr=False)

    @property
    def members(self) -> dict[str, str]:
        """The secret for the one who stores it."""
        return {"kind": self.kind, "name": self.name, **self.values}


def fingerprint(changes: list[Change]) -> str:
    """Stands for these changes: who agreed to them agreed to no others."""
    return hashlib.sha256(json.dumps([change.members for change in changes]).encode()).hexdigest()
