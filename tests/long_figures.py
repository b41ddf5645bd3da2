"""The figures of the last long runs, which stand at the end of docs/security.md: each command renews its own."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

DOCUMENT = Path(__file__).parents[1] / "docs" / "security.md"
HEADING = "## Figures of the last long runs"


def record(name: str, sentence: str, table: str = "") -> None:
    """Write what a command found, with the day and the machine, in place of what it wrote before."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    day = datetime.now(UTC).date().isoformat()
    machine = f"{day}, {os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}."
    part = "\n".join([begin, f"{sentence} {machine}", *(["", table] if table else []), "", end])
    text = DOCUMENT.read_text()
    if begin in text:
        text = re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _match: part, text, flags=re.DOTALL)
    else:
        text = text.rstrip() + (f"\n\n{part}" if HEADING in text else f"\n\n{HEADING}\n\n{part}")
    DOCUMENT.write_text(text)


def has(name: str) -> bool:
    """Whether a command wrote figures under this name."""
    return f"<!-- {name} -->\n" in DOCUMENT.read_text()
