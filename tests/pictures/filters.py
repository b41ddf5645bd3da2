"""The states of the filters of lists of tokens, as pictured."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.visit import INVENTORY, TOKENS, Visit


def opened(visit: Visit) -> None:
    """All filters that there are, each choice with its count."""
    visit.page.get_by_text("Add filter").click()
    visit.page.get_by_label("State").locator("option", has_text="(").first.wait_for(state="attached")


def offered(visit: Visit) -> None:
    """The applications that a text finds."""
    opened(visit)
    visit.page.get_by_label("Trusted Application").press_sequentially("com.")
    visit.page.get_by_role("listbox").get_by_role("option").first.wait_for()


def unnamed(visit: Visit) -> None:
    """A filter without a name is refused."""
    visit.page.get_by_role("button", name="Save filter").click()
    visit.page.locator("[data-error-summary]").wait_for()


def asked_to_remove(visit: Visit) -> None:
    """The question before a saved filter goes."""
    visit.page.get_by_role("link", name="Remove Unused for a quarter").click()
    visit.page.get_by_role("button", name="Remove filter").wait_for()


def chosen(visit: Visit) -> None:
    """A suspended token ticked, which can be resumed."""
    visit.page.locator("input.tick").first.check()
    visit.page.get_by_text("1 chosen").wait_for()


def explained(visit: Visit) -> None:
    """What the lines of a list mean, where it has any: cards have none."""
    if (heading := visit.page.get_by_role("button", name="30 days of use")).count():
        heading.click()


FILTERS: dict[str, tuple[str, str, Callable[[Visit], None] | None]] = {
    "filters": ("admin", INVENTORY, opened),
    "filters-ended": ("admin", f"{INVENTORY}?state=ended", opened),
    "filters-suspended": ("admin", f"{INVENTORY}?state=suspended", chosen),
    "filters-resume-many": ("admin", f"{INVENTORY}resume-many/?matching=1", None),
    "list-scale": ("admin", INVENTORY, explained),
    "filters-own": ("alice", TOKENS, opened),
    "filters-application": ("admin", INVENTORY, offered),
    "filters-meant": ("admin", f"{INVENTORY}?application=com.", None),
    "filters-saved": ("ben", f"{TOKENS}?unused=90", None),
    "filters-save": ("ben", f"{TOKENS}filters/new/?unused=90", None),
    "filters-save-wrong": ("ben", f"{TOKENS}filters/new/?unused=90", unnamed),
    "filters-remove": ("ben", TOKENS, asked_to_remove),
}
