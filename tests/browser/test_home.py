"""Home leads an administrator from what is to do to the list of it, and the list says what it is narrowed to."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.visit import Visit
from tests.service import Service

pytestmark = pytest.mark.once


def test_home_leads_to_what_is_to_do(visit: Visit, service: Service) -> None:
    visit.sign_in(service.person("hedy", "--administrator", "--name", "Hedy Example"), to="/manage/")
    page = visit.page
    expect(page.get_by_role("heading", name="To do")).to_be_visible()
    # Whose account it is, is read out also where there is no room for the name.
    expect(page.get_by_role("button", name="Account of Hedy Example")).to_be_visible()
    visit.check()
    for what, heading, current in (
        ("Applications without an active owner", "Trusted Apps", "Without an active owner"),
        ("Resource Servers that are often refused", "Resource Servers", "Often refused"),
        ("Mails that wait", "Waiting mails", ""),
    ):
        page.goto("/manage/")
        page.get_by_role("link", name=what).click()
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        if current:
            expect(page.locator(".tabs [aria-current]")).to_have_text(current)
        visit.check()
