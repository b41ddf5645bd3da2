"""explained.txt: what no test can notice, and why. A mutant's name, two spaces, a hash, a space, and the reason."""

from __future__ import annotations

from pathlib import Path

FILE = Path(__file__).with_name("explained.txt")


def explanations() -> dict[str, str]:
    """The reasons by the names of mutants."""
    lines = [line for line in FILE.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("  # ", 1) for line in lines)
