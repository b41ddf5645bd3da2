"""The states of the audit log, as pictured."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.visit import Visit

LOG = "/manage/security/audit-log/"


def opened(visit: Visit) -> None:
    """All that the first entry holds."""
    visit.page.locator("summary", has_text="Details").first.click()


def filters(visit: Visit) -> None:
    """All filters that there are, and the people that a text finds."""
    visit.page.get_by_text("Add filter").click()
    visit.page.get_by_label("Person or System User").press_sequentially("a")
    visit.page.get_by_role("listbox").get_by_role("option").first.wait_for()


LOG_STATES: dict[str, tuple[str, str, Callable[[Visit], None] | None]] = {
    "log": ("admin", LOG, opened),
    "log-filters": ("admin", LOG, filters),
    "log-filtered": ("admin", f"{LOG}?application=com.example/excel&action=token:issue&since=2020-01-31T12:00", None),
    "log-meant": ("admin", f"{LOG}?person=a", None),
    "log-none": ("admin", f"{LOG}?person=nobody&until=2020-01-31T12:00", None),
    "log-wrong": ("admin", f"{LOG}?since=yesterday&address=7", None),
    "log-find": ("admin", f"{LOG}find/", None),
}
