"""The boxes of a choice."""

from __future__ import annotations

import re
from html import unescape
from typing import Any


def boxes(response: Any, name: str) -> dict[str, bool]:
    """The boxes of this name by their labels, and whether they are ticked."""
    box = rf'<input type="(?:checkbox|radio)" name="{name}" value="[^"]*"( checked)?>\s*<(?:bdi|span)>(.*?)<'
    return {unescape(label): bool(ticked) for ticked, label in re.findall(box, response.content.decode())}
