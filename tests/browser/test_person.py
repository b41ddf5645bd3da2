"""A person's whole journey with a token, in a browser, against the real server."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.confirming import confirms_again
from tests.browser.visit import TOKENS, Visit
from tests.service import Service

pytestmark = pytest.mark.once


NAME = "Nightly stock export"


def test_t46_t4_a_person_creates_sees_once_uses_and_revokes_a_token(visit: Visit, service: Service) -> None:
    username = service.person("maria", "--name", "Maria Keller")
    visit.sign_in(username)
    expect(visit.page.get_by_text("No tokens yet")).to_be_visible()
    visit.check()
    confirms_again(visit)
    visit.expect_refusal(422)
    fills_in_wrongly(visit)
    token = sees_the_token_once(visit)
    finds_it_nowhere_else(visit, token)
    assert b'"active": true' in service.introspect(token)
    assert service.ask("GET", "/api/token", Authorization=f"Bearer {token}").status == 200
    assert service.holder_of(token) == username
    revokes(visit)
    assert service.holder_of(token) is None
    assert service.introspect(token) == b'{"active": false}'
    assert service.ask("GET", "/api/token", Authorization=f"Bearer {token}").status == 401


def fills_in_wrongly(visit: Visit) -> None:
    """An invalid form is answered inside the dialog, all of it at once, and nothing typed is lost."""
    form = visit.open_form()
    expect(form.get_by_role("heading", name="New user access token")).to_be_visible()
    visit.check()
    visit.choose_application("Excel add-in")
    visit.check()
    form.get_by_label("Description").fill(NAME)
    form.get_by_label("read").uncheck()
    visit.choose("Custom")
    form.get_by_role("button", name="Generate token").click()
    summary = form.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_count(2)
    expect(form.get_by_label("Description")).to_have_value(NAME)
    visit.check()
    summary.get_by_role("link", name="Choose at least one scope").click()
    expect(form.get_by_role("checkbox").first).to_be_focused()


def sees_the_token_once(visit: Visit) -> str:
    """Esc warns once, copying is announced, and "I have stored it" leads back to where it began."""
    page, form = visit.page, visit.box
    form.get_by_label("read").check()
    visit.choose("30 days")
    form.get_by_role("button", name="Generate token").click()
    token = visit.plain_text()
    expect(page.locator("[data-secret]")).to_be_focused()
    visit.check()
    page.keyboard.press("Escape")
    expect(form.get_by_text("You have not copied the token yet")).to_be_visible()
    expect(form.get_by_role("link", name="I have stored it")).to_be_focused()
    visit.check()
    form.get_by_role("button", name="Copy token").click()
    expect(page.locator("#dialog-status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == token
    visit.check()
    form.get_by_role("link", name="I have stored it").click()
    expect(form).to_have_count(0)
    assert visit.focused == "Create user access token"
    expect(visit.row(NAME)).to_contain_text("Never used")
    assert visit.nowhere(token)
    visit.check()
    return token


def finds_it_nowhere_else(visit: Visit, token: str) -> None:
    """Neither Back nor a reload nor a second tab shows it again."""
    page = visit.page
    page.goto("/profile/")
    visit.check()
    page.go_back()
    expect(visit.row(NAME)).to_be_visible()
    assert visit.nowhere(token)
    page.reload()
    expect(visit.row(NAME)).to_be_visible()
    assert visit.nowhere(token)
    other = visit.new_page()
    other.goto(TOKENS)
    expect(other.get_by_text(NAME).first).to_be_visible()
    assert token not in other.content()
    other.close()


def revokes(visit: Visit) -> None:
    """The question names the last use, which is written within a second, and offers to keep the token first."""
    page, box = visit.page, visit.box
    visit.reload_until(visit.row(NAME), "just now")
    page.get_by_role("link", name=f"Revoke {NAME}").click()
    expect(box.get_by_role("link", name="Keep token")).to_be_focused()
    expect(box.get_by_text(re.compile("It was used .* from .*; what uses it will fail at once."))).to_be_visible()
    visit.check()
    box.get_by_role("button", name="Revoke token").click()
    expect(page.get_by_text(f"{NAME} was revoked.")).to_be_visible()
    expect(box).to_have_count(0)
    visit.check()
    page.get_by_role("link", name="Ended", exact=True).click()
    expect(visit.row(NAME)).to_contain_text("Revoked by Maria Keller")
    visit.check()
