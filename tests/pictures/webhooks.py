"""The states of the pages of webhooks, as pictured."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.visit import Visit

PATH = "/manage/security/webhooks/"
Act = Callable[[Visit], None]


def opened(name: str, *presses: tuple[str, str]) -> Act:
    """The page of a webhook, and what is pressed there: links by their names, and what is seen then."""

    def act(visit: Visit) -> None:
        visit.page.get_by_role("link", name=name, exact=True).click()
        visit.page.locator(".facts").wait_for()
        for pressed, seen in presses:
            visit.page.locator("a, button").filter(has_text=pressed).first.click()
            visit.page.locator(seen).first.wait_for()

    return act


def wrong(visit: Visit) -> None:
    """A form sent without an address."""
    visit.page.get_by_role("button", name="Add webhook").click()
    visit.page.locator("[data-error-summary]").wait_for()


CHAT, STOCK = "Chat of the operators", "Stock system"
WEBHOOKS: dict[str, tuple[str, str, Act | None]] = {
    "webhooks": ("admin", PATH, None),
    "webhook": ("admin", PATH, opened(CHAT)),
    "webhook-new": ("admin", f"{PATH}new/", None),
    "webhook-new-wrong": ("admin", f"{PATH}new/", wrong),
    "webhook-edit": ("admin", PATH, opened(CHAT, ("Edit webhook", "#id_url"))),
    "webhook-message": ("admin", PATH, opened(CHAT, ("webhook.test", ".snippet"))),
    "webhook-pause": ("admin", PATH, opened(CHAT, ("Pause", "dialog[open] form"))),
    "webhook-paused": ("admin", PATH, opened(STOCK)),
    "webhook-empty": ("admin", PATH, opened(STOCK, ("Failed", ".empty"))),
    "webhook-secret": (
        "admin",
        PATH,
        opened(CHAT, ("Replace secret", "form .button.primary"), ("Replace secret", "[data-secret]")),
    ),
}
