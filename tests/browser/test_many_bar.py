"""The bar below a list says how many of its tokens are chosen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.visit import INVENTORY
from tests.service import Service

pytestmark = pytest.mark.once

# Whether the bar in view, or the one above, hides the whole of what has the focus; nothing once that is in the bar.
HIDDEN = """() => {
  const bar = document.querySelector(".many-bar"), top = document.querySelector(".topbar"), at = document.activeElement;
  const [{top: end}, {bottom: start}, place] = [bar, top, at].map(element => element.getBoundingClientRect());
  return bar.contains(at) ? null : place.top >= end || place.bottom <= start;
}"""


def test_the_bar_says_how_many_are_chosen_of_ones_own_tokens(open_visit: Open, service: Service) -> None:
    username = service.person("counting")
    for text in ("One", "Two"):
        service.token("--user", username, "--scopes", "read", "--description", text)
    visit = open_visit()
    visit.sign_in(username)
    visit.page.get_by_label("Choose One", exact=True).check()
    expect(visit.page.get_by_text("1 chosen")).to_be_visible()
    visit.check()
    visit.page.get_by_role("button", name="Clear").click()
    expect(visit.page.get_by_text("1 chosen")).to_be_hidden()
    visit.page.get_by_label("All on this page").check()
    expect(visit.page.get_by_text("2 chosen")).to_be_visible()


def test_the_bar_hides_nothing_that_has_the_focus_whatever_the_size_of_the_text(
    open_visit: Open, service: Service
) -> None:
    username = service.person("hidden", "--administrator")
    for number in range(6):
        service.token("--user", username, "--scopes", "read", "--description", f"Token {number}")
    visit = open_visit(width=360)
    visit.sign_in(username, to=f"{INVENTORY}?owner={username}")
    visit.page.evaluate("document.documentElement.style.fontSize = '24px'")
    visit.page.get_by_label("Choose Token 5", exact=True).check()
    expect(visit.page.get_by_text("1 chosen")).to_be_visible()
    hidden = []
    while (found := visit.page.evaluate(HIDDEN)) is not None:
        hidden.append(found)
        visit.page.keyboard.press("Tab")
    assert len(hidden) > 20
    assert not any(hidden)


def test_the_bar_stays_at_its_place_where_the_page_is_low(open_visit: Open, service: Service) -> None:
    username = service.person("lowly")
    service.token("--user", username, "--scopes", "read", "--description", "One")
    visit = open_visit()
    visit.sign_in(username)
    visit.page.get_by_label("Choose One", exact=True).check()
    bar = visit.page.locator(".many-bar")
    expect(bar).to_have_css("position", "sticky")
    visit.page.set_viewport_size({"width": 320, "height": 256})
    expect(bar).to_have_css("position", "static")
