"""The audit log in a browser: narrowed by keyboard or without a script, opened, and found by a pasted token."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.visit import ROWS
from tests.pictures.log import LOG
from tests.service import Service

pytestmark = pytest.mark.once


@pytest.mark.parametrize("javascript", [True, False], ids=["with script", "without script"])
def test_aud3_what_happened_to_a_token_is_found_by_its_value_and_by_its_person(
    open_visit: Open, service: Service, width: int, javascript: bool
) -> None:
    username = service.person("audrey", "--name", "Audrey Watched")
    token = service.token("--user", username, "--description", "Watched")
    visit = open_visit(width=width, javascript=javascript)
    page = visit.page
    visit.sign_in(service.person("auditor", "--administrator"), to=LOG)
    assert min(page.evaluate(ROWS)["heights"]) <= (48 if width > 500 else 96)

    page.get_by_role("link", name="Find by token").click()
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Find entries").click()
    expect(page).to_have_url(re.compile(r"/audit-log/\?token=[0-9a-f-]{36}$"))
    expect(page.get_by_text("The command line issued the token Watched for Excel add-in")).to_be_visible()
    page.locator("summary", has_text="Details").click()
    expect(page.get_by_text("token:issue")).to_be_visible()
    if javascript:
        assert visit.nowhere(token)
        visit.check()

    page.get_by_role("link", name="Remove the filter Token: Watched").click()
    page.get_by_text("Add filter").click()
    page.get_by_label("Person or System User").press_sequentially(username)
    if javascript:
        page.get_by_role("listbox").get_by_role("option").first.wait_for()
        visit.check()
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=f"Remove the filter Person: Audrey Watched ({username})")).to_be_visible()
    expect(page.get_by_text("The command line created the user")).to_be_visible()
