"""What somebody does once a token is shown: copy it, go back, and read it in letters of their size."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Open
from tests.browser.visit import TOKENS, Visit
from tests.service import Service

pytestmark = pytest.mark.once

NEW = f"{TOKENS}new/?application=com.example/excel"


def issued(visit: Visit) -> str:
    """A token, shown in the dialog."""
    form = visit.open_form()
    visit.choose_application("Excel add-in")
    form.get_by_role("button", name="Generate token").click()
    return visit.plain_text()


def test_back_from_a_token_warns_once_and_then_leads_to_the_list(visit: Visit, service: Service) -> None:
    visit.sign_in(service.person("bea"))
    token = issued(visit)
    visit.page.go_back()
    expect(visit.box.get_by_text("You have not copied the token yet")).to_be_visible()
    visit.page.go_back()
    expect(visit.box).to_have_count(0)
    assert visit.page.url.endswith(TOKENS)
    assert visit.nowhere(token)
    visit.page.go_forward()
    expect(visit.box).to_have_count(0)
    assert visit.nowhere(token)


def test_back_after_a_token_was_stored_leads_where_back_led_before(visit: Visit, service: Service) -> None:
    visit.sign_in(service.person("ben"))
    visit.page.goto("/profile/devices/")
    visit.page.goto(TOKENS)
    token = issued(visit)
    visit.box.get_by_role("button", name="Copy token").click()
    visit.box.get_by_role("link", name="I have stored it").click()
    expect(visit.box).to_have_count(0)
    visit.page.wait_for_function("history.state === null")
    assert visit.nowhere(token)
    visit.page.go_back()
    assert visit.page.url.endswith("/profile/devices/")


def test_the_page_of_a_token_is_the_list_where_it_is_loaded_again(visit: Visit, service: Service) -> None:
    visit.sign_in(service.person("bo"))
    visit.page.goto(NEW)
    visit.page.get_by_role("button", name="Generate token").click()
    token = visit.page.locator("[data-secret]").inner_text()
    posts = list[str]()
    visit.page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    visit.page.reload()
    expect(visit.page.get_by_role("heading", name="Tokens", level=1)).to_be_visible()
    assert visit.page.url.endswith(TOKENS)
    assert (posts, visit.nowhere(token)) == ([], True)


def test_the_button_that_copies_says_so_itself_for_a_moment(visit: Visit, service: Service) -> None:
    visit.sign_in(service.person("cora"))
    token = issued(visit)
    visit.box.get_by_role("button", name="Copy token").click()
    expect(visit.box.get_by_role("button", name="Copied")).to_be_visible()
    expect(visit.page.locator("#dialog-status")).to_have_text("Copied")
    assert visit.page.evaluate("navigator.clipboard.readText()") == token
    expect(visit.box.get_by_role("button", name="Copy token")).to_be_visible()
    visit.box.get_by_role("button", name="Copy the curl command").click()
    expect(visit.box.get_by_role("button", name="Copied")).to_be_visible()


def test_a_button_that_copies_is_seen_only_once_it_works(open_visit: Open, service: Service) -> None:
    visit, held = open_visit(), list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    visit.page.route("**/copying.*", hold)
    visit.sign_in(service.person("holda"))
    with visit.page.expect_request("**/copying.*"):
        token = issued(visit)
    assert held
    copy = visit.box.get_by_text("Copy token")
    expect(copy).to_be_hidden()
    held[0].continue_()
    copy.click()
    expect(visit.page.locator("#dialog-status")).to_have_text("Copied")
    assert visit.page.evaluate("navigator.clipboard.readText()") == token


def test_a_script_that_was_lost_on_the_way_comes_with_the_next_token(open_visit: Open, service: Service) -> None:
    visit = open_visit()
    visit.expected.append("Failed to load resource: net::ERR_FAILED")
    visit.page.route("**/copying.*", lambda route: route.abort(), times=1)
    visit.sign_in(service.person("lostine"))
    with visit.page.expect_event("requestfailed"):
        issued(visit)
    # Once to be warned, and once to go.
    visit.page.go_back()
    expect(visit.box.get_by_text("You have not copied the token yet")).to_be_visible()
    visit.page.go_back()
    expect(visit.box).to_have_count(0)
    token = issued(visit)
    visit.box.get_by_role("button", name="Copy token").click()
    expect(visit.page.locator("#dialog-status")).to_have_text("Copied")
    assert visit.page.evaluate("navigator.clipboard.readText()") == token


@pytest.mark.parametrize("path", [TOKENS, "/profile/", "/profile/devices/"])
def test_letters_follow_the_text_size_of_the_browser(visit: Visit, service: Service, path: str) -> None:
    visit.sign_in(service.person("gro"))
    size = "selector => parseFloat(getComputedStyle(document.querySelector(selector)).fontSize)"
    visit.page.goto(path)
    before = [visit.page.evaluate(size, selector) for selector in ("body", "h1", ".small, .count, .nav-item")]
    session = visit.context.new_cdp_session(visit.page)
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 24, "fixed": 20}})
    visit.page.reload()
    after = [visit.page.evaluate(size, selector) for selector in ("body", "h1", ".small, .count, .nav-item")]
    assert all(large >= 1.25 * small for small, large in zip(before, after, strict=True))
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
