"""Ten faults as patches, each of which breaks one rule; the checker must find every one of them."""

from __future__ import annotations

from pathlib import Path

BUGS = sorted(Path(__file__).parent.glob("*.patch"))
