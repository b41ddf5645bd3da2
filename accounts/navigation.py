"""The navigation of a site."""

from __future__ import annotations

from typing import Any


def item(label: str, url: str, icon: str, *, is_current: bool) -> dict[str, Any]:
    """One entry of the navigation."""
    return {"label": label, "url": url, "icon": icon, "current": is_current}
