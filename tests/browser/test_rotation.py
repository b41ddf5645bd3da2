"""Rotating a token in a browser, with and without JavaScript, and ending the old value."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.visit import TOKENS, Visit
from tests.service import Service

pytestmark = pytest.mark.once

NAME = "Weekly report"


def test_tok10_a_person_rotates_a_token_and_ends_the_old_value(visit: Visit, service: Service) -> None:
    rotates_and_ends(visit, service, service.person("rita", "--name", "Rita Novak"))


def test_tok10_the_same_without_javascript(open_visit: Open, service: Service) -> None:
    visit = open_visit(width=1280, javascript=False)
    rotates_and_ends(visit, service, service.person("rita", "--name", "Rita Novak"))


def rotates_and_ends(visit: Visit, service: Service, username: str) -> None:
    old = service.token("--user", username, "--description", NAME)
    visit.sign_in(username)
    new = rotates(visit)
    assert [service.holder_of(token) for token in (old, new)] == [username] * 2
    ends_the_old_value(visit)
    assert [service.holder_of(token) for token in (old, new)] == [None, username]


def rotates(visit: Visit) -> str:
    """The dialog says what each overlap means; the new value is shown once, over the list as it is now."""
    page, box = visit.page, visit.box
    page.get_by_role("link", name=f"Rotate {NAME}").click()
    expect(box.get_by_role("heading", name=f"Rotate “{NAME}”")).to_be_visible()
    if visit.javascript:
        visit.check()
    visit.choose("7 days")
    box.get_by_role("button", name="Rotate token").click()
    token = visit.plain_text()
    expect(box.get_by_role("heading", name="Token rotated")).to_be_visible()
    if visit.javascript:
        visit.check()
        box.get_by_role("button", name="Copy token").click()
    box.get_by_role("link", name="I have stored it").click()
    expect(page.get_by_role("button", name="Being replaced")).to_be_visible()
    expect(page.get_by_role("link", name=f"Rotate {NAME}")).to_have_count(1)
    if visit.javascript:
        assert visit.nowhere(token)
        visit.check()
    assert token not in page.content()
    return token


def ends_the_old_value(visit: Visit) -> None:
    """The question says what still uses the old value, and offers to keep it first."""
    page, box = visit.page, visit.box
    page.goto(TOKENS)
    page.get_by_role("link", name="End now").click()
    expect(box.get_by_role("heading", name=f"End the old value of “{NAME}”?")).to_be_visible()
    if visit.javascript:
        expect(box.get_by_role("link", name="Keep old value")).to_be_focused()
        visit.check()
    box.get_by_role("button", name="End old value").click()
    expect(page.get_by_text(f"The old value of {NAME}")).to_be_visible()
    expect(page.get_by_role("button", name="Being replaced")).to_have_count(0)
