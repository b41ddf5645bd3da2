"""What a page costs on its way to somebody who has never been here, and that htmx comes only with what needs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.audit_ui.weight import weight
from tests.browser.conftest import Open
from tests.browser.visit import INVENTORY, TOKENS
from tests.service import Service

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

    from tests.large_instance import Large

pytestmark = pytest.mark.once

HTMX = "**/htmx-*.js"


def test_first_load_of_every_page_is_at_most_40_kb_over_the_wire(chromium: Browser, large: Large) -> None:
    for finding in weight(chromium, large):
        assert finding.holds, finding


def test_htmx_comes_once_with_the_first_thing_that_needs_it(open_visit: Open, service: Service) -> None:
    visit = open_visit()
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url) if "/htmx-" in request.url else None)
    visit.sign_in(service.person("heidi"))
    visit.page.wait_for_load_state("networkidle")
    assert not asked
    visit.open_form()
    visit.choose_application("Excel add-in")
    visit.page.keyboard.press("Escape")
    visit.open_form()
    expect(visit.box.get_by_role("heading", name="New user access token")).to_be_visible()
    assert len(asked) == 1


def test_a_link_to_a_dialog_leads_to_its_page_where_htmx_is_lost_or_a_tab_is_asked_for(
    open_visit: Open, service: Service
) -> None:
    visit = open_visit()
    visit.expected.append("Failed to load resource: net::ERR_FAILED")
    visit.sign_in(service.person("henry"))
    with visit.context.expect_page() as tab:
        visit.page.get_by_role("link", name="Create user access token").first.click(modifiers=["Control"])
    expect(tab.value.get_by_role("heading", level=1)).to_have_text("New user access token")
    expect(visit.box).to_have_count(0)
    visit.page.reload()
    visit.page.route(HTMX, lambda route: route.abort())
    visit.page.get_by_role("link", name="Create user access token").first.click()
    visit.page.wait_for_url(f"**{TOKENS}new/")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("New user access token")


def test_an_application_is_found_by_a_button_and_by_enter_where_htmx_is_lost(
    open_visit: Open, service: Service
) -> None:
    visit = open_visit()
    page = visit.page
    visit.expected.append("Failed to load resource: net::ERR_FAILED")
    open_to_all = ("--access-tokens", "AuthenticatedUsers", "--scopes", "read")
    service.manage("create_application", "com.example/atlas", "--name", "Atlas", *open_to_all)
    visit.sign_in(service.person("hugo"))
    page.route(HTMX, lambda route: route.abort())
    page.goto(f"{TOKENS}new/")
    search, options = page.get_by_label("Trusted Application"), page.locator(".option")
    find = page.get_by_role("button", name="Find")
    ways: list[Callable[[], None]] = [find.click, lambda: search.press("Enter")]
    for look in ways:
        search.fill("Excel")
        expect(find).to_be_visible()
        with page.expect_navigation():
            look()
        expect(page.locator("main")).to_contain_text("1 was found.")
        expect(options).to_have_count(1)
    service.manage("update_application", "com.example/atlas", "--disabled")


def test_a_field_makes_up_for_what_it_has_missed_while_htmx_was_on_its_way(open_visit: Open, service: Service) -> None:
    visit = open_visit()
    page = visit.page
    visit.sign_in(service.person("hilda", "--administrator"), to=INVENTORY + "?q=nothing")
    page.get_by_text("Add filter").click()
    with page.expect_event("requestfinished", lambda request: "/choices/filter/" in request.url):
        page.get_by_label("Trusted Application").focus()
    page.goto(f"{TOKENS}new/")
    on_its_way: list[Route] = []
    page.route(HTMX, lambda route: on_its_way.append(route))  # noqa: PLW0108 - Playwright marks it, a method takes no mark
    with page.expect_request(HTMX):
        page.get_by_label("Trusted Application").fill("Excel")
    on_its_way.pop().continue_()
    expect(page.get_by_role("status").filter(has_text="was found")).to_be_visible()
