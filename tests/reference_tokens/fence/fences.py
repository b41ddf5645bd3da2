"""A fence of its own for a test, and what stands in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils import timezone

from reference_tokens.fence.lines import Line, Word, line_text, read_line
from reference_tokens.fence.place import fence
from reference_tokens.fence.positions import Position

# The number of no entry that a test writes.
ELSEWHERE = 1_000_000


def in_file(settings: Any, folder: Path) -> Path:
    """Let the service have a fence in this folder; the file is not there yet."""
    settings.FENCE_FILE = str(folder / "fence")
    return folder / "fence"


def written() -> list[tuple[str, str, str]]:
    """The word, the id and the value of each line."""
    lines = [read_line(text) for text in fence().lines_after(Position())]
    return [(str(line.word), line.id, line.value) for line in lines if line]


def tell(word: Word, identity: object, value: str = "") -> None:
    """Write into the fence an act that this database does not know, as of a copy that is older."""
    fence().append([line_text(Line(timezone.now(), ELSEWHERE, word, str(identity), value))])
