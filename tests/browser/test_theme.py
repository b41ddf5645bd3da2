"""With a script, a theme is there at once, and the page stays as it is."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.service import Service

pytestmark = pytest.mark.once


def test_a_theme_is_there_at_once_and_kept_and_not_where_the_connection_is_lost(
    open_visit: Open, service: Service
) -> None:
    visit = open_visit()
    visit.expected.append("Failed to load resource: net::ERR_INTERNET_DISCONNECTED")
    visit.sign_in(service.person("thea"))
    page, html = visit.page, visit.page.locator("html")
    page.wait_for_load_state("networkidle")
    page.locator("#main").evaluate("e => { e.dataset.stayed = ''; }")
    button = page.get_by_role("button", name="Colour theme")
    button.hover()
    assert button.locator(".visually-hidden").evaluate("e => e.offsetWidth") > 40
    button.click()
    expect(page.locator("#theme-menu")).to_be_visible()
    # The menu would lie upon it.
    assert button.locator(".visually-hidden").evaluate("e => e.offsetWidth") <= 1
    with page.expect_response("**/theme/"):
        page.get_by_role("button", name="Dark").click()
    expect(html).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-stayed]")).to_have_count(1)
    visit.context.set_offline(True)
    page.get_by_role("button", name="Light").click()
    expect(page.locator(".toast")).to_contain_text("The connection was lost.")
    expect(html).to_have_attribute("data-theme", "dark")
    visit.context.set_offline(False)
    page.reload()
    expect(html).to_have_attribute("data-theme", "dark")


def test_colours_that_are_forced_draw_no_line_at_a_name(open_visit: Open, service: Service) -> None:
    visit = open_visit(forced_colors="active")
    name = service.person("forza")
    service.token("--user", name, "--description", "Till")
    visit.sign_in(name)
    drawn = "e => [getComputedStyle(e).borderBlockStartColor, getComputedStyle(e.closest('.card')).backgroundColor]"
    line, ground = visit.page.locator("tbody .token-name").evaluate(drawn)
    assert line == ground
