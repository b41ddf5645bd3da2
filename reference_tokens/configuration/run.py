"""One run of applying: who acts, when, what was asked for besides the file, and what has come of it so far."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from django.core.exceptions import ValidationError
from django.db import transaction

from reference_tokens.configuration.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from accounts.audit.record import Actor
    from reference_tokens.configuration.plan import Change, Secret

ExistingTokens = Literal["keep", "revoke", "shorten"]
# Columns of models, by the members of a file that they are called there.
MEMBERS = {
    "access_tokens_policy": "access_tokens",
    "asks_for_all_applications": "all_applications",
    "shares_profile": "share_profile",
}


@dataclass(slots=True)
class Run:
    """It collects every fault, so that a file is mended in one go."""

    actor: Actor
    now: datetime
    existing_tokens: ExistingTokens = "keep"
    changes: list[Change] = field(default_factory=list)
    secrets: list[Secret] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @contextmanager
    def at(self, place: str) -> Iterator[None]:
        """Do what stands at this place of the file; a refusal is noted as a fault, and the run goes on."""
        try:
            with transaction.atomic():
                yield
        except ValidationError as refused:
            self.faults += faults_of(place, refused)


def faults_of(place: str, refused: ValidationError) -> list[Fault]:
    """The faults that a lower layer names, at the members concerned."""
    if not hasattr(refused, "error_dict"):
        return [Fault(place, message) for message in refused.messages]
    return [
        Fault(place if name == "__all__" else f"{place}/{MEMBERS.get(name, name)}", message)
        for name, messages in refused.message_dict.items()
        for message in messages
    ]
