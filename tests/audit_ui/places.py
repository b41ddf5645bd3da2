"""The pages that are measured, and who opens them."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.browser.visit import APPLICATIONS, INVENTORY, TOKENS, USERS, Visit
from tests.large_instance import Large

SIGN_IN = "/accounts/login/"
CREATE = f"{TOKENS}new/"
WIDE, NARROW = 1280, 360


def signed_in(browser: Browser, large: Large, username: str, width: int = WIDE) -> Visit:
    """A visit of somebody, or of nobody."""
    visit = Visit(browser, large.service, width=width)
    if username:
        visit.sign_in(username, to="/profile/")
    return visit


def pages(large: Large) -> dict[str, list[str]]:
    """The pages of both sites, by who opens them; "" for nobody."""
    return {
        "": [SIGN_IN, "/accounts/password/reset/", "/help/", "/help/use-a-token/", "/help/troubleshooting/"],
        large.person: [
            "/profile/",
            TOKENS,
            f"{TOKENS}?state=ended",
            CREATE,
            "/profile/security/check-token/",
            "/profile/security/password/",
            "/profile/security/second-factors/",
            "/profile/devices/",
        ],
        large.administrator: [
            "/manage/",
            INVENTORY,
            "/manage/security/check-token/",
            APPLICATIONS,
            f"{APPLICATIONS}new/",
            f"{APPLICATIONS}{large.application}/",
            f"{APPLICATIONS}{large.application}/edit/",
            f"{APPLICATIONS}{large.application}/tokens/new/",
            "/manage/security/resource-servers/",
            "/manage/security/webhooks/",
            "/manage/security/webhooks/new/",
            USERS,
            "/manage/security/groups/",
        ],
    }


def lists(large: Large) -> dict[str, tuple[str, str]]:
    """The lists of tokens: who opens each, and where."""
    return {
        "Tokens": (large.person, TOKENS),
        "inventory": (large.administrator, INVENTORY),
        "application": (large.administrator, f"{APPLICATIONS}{large.application}/"),
    }
