"""Programs that some tests drive and that pip does not bring: where they lie, if they are installed."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

from playwright.sync_api import sync_playwright

PLACES = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/bin")


@cache
def chromium() -> Path | None:
    """Debian's Chromium, or else the one that `playwright install chromium` brings."""
    installed = Path("/usr/bin/chromium")
    if installed.exists():
        return installed
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return own if own.exists() else None


@cache
def nginx() -> Path | None:
    """Nginx lies where an ordinary user's PATH does not lead."""
    found = shutil.which("nginx") or shutil.which("nginx", path=":".join(PLACES))
    return Path(found) if found else None


def missing() -> list[str]:
    """What cannot be tested without them, and what to install."""
    left_out = []
    if chromium() is None:
        left_out.append("the journeys in a browser: Chromium is not installed (Debian: chromium)")
    if nginx() is None:
        left_out.append("the guide for nginx: it is not installed (Debian: nginx)")
    return left_out
