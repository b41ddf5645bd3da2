"""What docs/security.md says of mutation: the figures of each room, and the rooms that have none."""

from __future__ import annotations

from tests import long_figures
from tests.mutation.rooms import ROOMS


def record(room: str, sentence: str) -> None:
    """Write the figures of the room in place of those that it had."""
    long_figures.record(f"mutation of {room}", f"**Mutation** (`make mutation PARTS={room}`): {sentence}.")
    record_rooms_without()


def record_rooms_without() -> None:
    """Write which rooms have no figures."""
    rooms = [f"`{room}`" for room in ROOMS if not long_figures.has(f"mutation of {room}")]
    long_figures.record("mutation, no figures", f"**Mutation**, rooms without figures: {', '.join(rooms) or 'none'}.")
