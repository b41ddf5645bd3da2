"""The counts beside the choices of filters come once the filters are opened, and change nothing else."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.visit import TOKENS, Visit
from tests.service import Service

pytestmark = pytest.mark.once


def filled(service: Service, name: str) -> str:
    """A person with two tokens, of which one never expires."""
    name = service.person(name, "--administrator")
    service.token("--user", name, "--scopes", "read", "--description", "One")
    service.token("--user", name, "--scopes", "read", "--description", "Two")
    return name


def room(visit: Visit) -> list[dict[str, float]]:
    """Where the fields of the filters stand."""
    places: list[dict[str, float]] = visit.page.locator(".filters :is(select, input)").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().toJSON())"
    )
    return places


def test_the_choices_are_counted_once_the_filters_are_opened_by_keys(visit: Visit, service: Service) -> None:
    visit.sign_in(filled(service, "counted"))
    page = visit.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/counts/" in request.url else None)
    state = page.get_by_label("State")
    expect(page.locator(".filter-box")).not_to_have_attribute("open", "")
    assert asked == []
    page.get_by_text("Add filter").press("Enter")
    before = room(visit)
    expect(state.locator("option")).to_contain_text(["Any (2)", "Expires soon (0)", "Never used (2)"])
    assert room(visit) == before
    visit.check()
    state.focus()
    state.press("ArrowDown")
    expect(page.get_by_label("Expiry").locator("option").first).to_have_text("Any (0)")
    expect(state).to_be_focused()
    expect(state).to_have_value("expires_soon")
    page.get_by_text("Add filter").press("Enter")
    page.get_by_text("Add filter").press("Enter")
    assert len(asked) == 2
    assert asked[1].endswith("counts/?state=expires_soon&sort=issued")


def test_the_choices_can_be_used_where_the_counts_are_lost(open_visit: Open, service: Service) -> None:
    visit = open_visit()
    visit.sign_in(filled(service, "uncounted"))
    page = visit.page
    page.route("**/counts/*", lambda route: route.fulfill(status=200, body=""))
    page.get_by_text("Add filter").click()
    page.get_by_label("State").select_option(label="Never used")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**state=never_used**")
    expect(page.get_by_role("link", name="Remove the filter Never used")).to_be_visible()


def test_without_javascript_the_choices_have_no_counts(open_visit: Open, service: Service) -> None:
    visit = open_visit(javascript=False)
    visit.sign_in(filled(service, "plaincount"), to=TOKENS)
    visit.page.get_by_text("Add filter").click()
    visit.page.get_by_label("State").select_option(label="Never used")
    visit.page.get_by_role("button", name="Apply").click()
    expect(visit.page.get_by_role("link", name="Remove the filter Never used")).to_be_visible()
