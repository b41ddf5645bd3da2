"""The same tasks without JavaScript: create, see once, revoke, choose a theme, all on ordinary pages."""

from __future__ import annotations

import pytest
from playwright.sync_api import Error, expect

from tests.browser.conftest import Open
from tests.browser.visit import TOKENS, Visit
from tests.service import Service

pytestmark = pytest.mark.once


@pytest.fixture
def plain_visit(open_visit: Open, width: int) -> Visit:
    visit = open_visit(width=width, javascript=False)
    visit.expect_refusal(422)
    return visit


def test_t4_a_person_creates_sees_once_and_revokes(plain_visit: Visit, service: Service) -> None:
    page = plain_visit.page
    username = service.person("nina", "--name", "Nina Plain")
    plain_visit.sign_in(username)
    form = plain_visit.open_form()
    expect(page.get_by_role("heading", level=1)).to_have_text("New user access token")
    plain_visit.choose_application("Excel add-in")
    form.get_by_label("Description").fill("Without a script")
    form.get_by_label("read").uncheck()
    plain_visit.choose("Custom")
    form.get_by_role("button", name="Generate token").click()
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(2)
    expect(form.get_by_label("Description")).to_have_value("Without a script")
    plain_visit.choose("7 days")
    form.get_by_label("read").check()
    form.get_by_role("button", name="Generate token").click()
    token = plain_visit.plain_text()
    assert service.holder_of(token) == username
    expect(form.get_by_role("button", name="Copy token")).to_have_count(0)
    expect(page.locator("[data-env-line]")).to_have_text(f"REFERENCE_TOKEN={token}")

    page.get_by_role("link", name="I have stored it").click()
    assert page.url == f"{service.address}{TOKENS}"
    expect(plain_visit.row("Without a script")).to_contain_text("Expires soon")
    assert token not in page.content()
    page.goto("/profile/")
    page.go_back()
    assert token not in page.content()

    page.get_by_role("link", name="Revoke Without a script").click()
    page.get_by_role("button", name="Revoke token").click()
    expect(page.get_by_text("Without a script was revoked.")).to_be_visible()
    assert service.holder_of(token) is None
    page.get_by_role("link", name="Ended", exact=True).click()
    expect(plain_visit.row("Without a script")).to_contain_text("Revoked by Nina Plain")


def test_t4_the_page_that_shows_a_token_cannot_be_had_again(open_visit: Open, service: Service) -> None:
    visit = open_visit(javascript=False)
    page = visit.page
    visit.sign_in(service.person("nora"), to=f"{TOKENS}new/")
    visit.choose_application("Excel add-in")
    page.get_by_role("button", name="Generate token").click()
    token = visit.plain_text()
    page.get_by_role("link", name="I have stored it").click()
    # Chromium did not store the page, and asks whether to post the form a second time.
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        page.go_back()
    page.wait_for_url("chrome-error://**")
    assert token not in page.content()


def test_theme_is_chosen_and_kept(plain_visit: Visit, service: Service) -> None:
    page = plain_visit.page
    plain_visit.sign_in(service.person("tom"))
    page.get_by_role("button", name="Colour theme").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.url == f"{service.address}{TOKENS}"
    page.goto("/profile/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_pol6_note_of_a_tighter_policy_is_where_the_page_opens(open_visit: Open, service: Service) -> None:
    visit = open_visit(javascript=False)
    name = service.unused("Plain")
    uri = f"com.example/{name}"
    service.manage(
        "create_application", uri, "--name", name, "--access-tokens", "AuthenticatedUsers", "--scopes", "read"
    )
    service.manage("issue_token", "--application", uri, "--user", "alice")
    page = visit.page
    visit.sign_in("admin", service.secrets["passwords"]["admin"], to="/manage/security/trusted-apps/")
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("link", name="Edit application").click()
    visit.choose("None")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("alert")).to_be_in_viewport(ratio=0.9)
    page.get_by_label("Revoke them now").check()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("1 token was revoked.")).to_be_visible()
