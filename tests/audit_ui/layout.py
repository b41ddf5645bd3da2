"""How much of a list is seen at once, and whether a form fits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, expect

from tests.audit_ui.places import CREATE, NARROW, WIDE, lists, signed_in
from tests.bench.bars import Finding, at_least, at_most
from tests.browser.visit import ROWS, TOKENS
from tests.large_instance import Large

# What a dialog holds beyond what it shows, and how high it is.
DIALOG = """() => {
  const inner = [...document.querySelectorAll("dialog[open], dialog[open] *")];
  return {height: Math.round(document.querySelector("dialog[open]").getBoundingClientRect().height),
          hidden: Math.max(...inner.filter(e => /auto|scroll/.test(getComputedStyle(e).overflowY))
                                   .map(e => e.scrollHeight - e.clientHeight), 0)}
}"""


def layout(browser: Browser, large: Large) -> Iterator[Finding]:
    """Rows on a wide screen, cards on a narrow one, and the dialog that issues a token."""
    for name, (username, path) in lists(large).items():
        wide, narrow = (rows(browser, large, username, path, width) for width in (WIDE, NARROW))
        most = sorted(wide["heights"])[len(wide["heights"]) // 2]
        yield at_most(f"{name}: height of most rows", 56, most, " px", 0)
        yield at_least(f"{name}: cards that fit at 360 x 740", 3, narrow["fit"], digits=0)
        if name != "application":
            # Above the list of an application stand the facts of it.
            yield at_least(f"{name}: rows seen at 1280 x 800", 10, wide["seen"], digits=0)
            yield at_least(f"{name}: cards seen at 360 x 740 as it opens", 3, narrow["seen"], digits=0)
    for width, height in ((WIDE, 720), (NARROW, 740)):
        yield from dialog(browser, large, width, height)


def rows(browser: Browser, large: Large, username: str, path: str, width: int) -> Any:
    """What `ROWS` says of a list."""
    visit = signed_in(browser, large, username, width)
    visit.page.goto(path)
    found = visit.page.evaluate(ROWS)
    visit.close()
    return found


def dialog(browser: Browser, large: Large, width: int, height: int) -> Iterator[Finding]:
    """The form that issues a token, with the six scopes of an application, nothing of it out of sight."""
    visit = signed_in(browser, large, large.person, width)
    visit.page.set_viewport_size({"width": width, "height": height})
    visit.page.goto(TOKENS)
    visit.open_form()
    visit.choose_application(large.six_scopes)
    expect(visit.box.get_by_role("button", name="Generate token")).to_be_visible()
    found = visit.page.evaluate(DIALOG)
    what = f"{CREATE} as a dialog at {width} x {height}"
    yield at_most(f"{what}: height", height, found["height"], " px", 0)
    yield at_most(f"{what}: out of sight", 0, found["hidden"], " px", 0)
    visit.close()
