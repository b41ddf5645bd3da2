"""The navigation of a site."""

from __future__ import annotations

from typing import Any

from django.urls import reverse


def entry(label: str, page: str, icon: str, path: str) -> dict[str, Any]:
    """An entry that is the current one on its page and on all below it; `page` is the name of its URL."""
    url = reverse(page)
    return item(label, url, icon, is_current=path.startswith(url))


def item(label: str, url: str, icon: str = "", *, is_current: bool) -> dict[str, Any]:
    """One entry of the navigation."""
    return {"label": label, "url": url, "icon": icon, "current": is_current}
