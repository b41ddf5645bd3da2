"""An administrator opens the built-in application of the management API (API-2)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visit import APPLICATIONS, Visit
from tests.service import Service

pytestmark = pytest.mark.once


def test_api2_its_page_says_what_to_do_first_until_it_is_done(visit: Visit, service: Service) -> None:
    page = visit.page
    visit.sign_in(service.person("olga", "--administrator", "--name", "Olga Lind"), to=APPLICATIONS)
    page.get_by_role("link", name="Management API", exact=True).click()
    what = page.get_by_role("region", name="What its tokens open")
    expect(what).to_contain_text("To do first")
    expect(what).to_contain_text("Choose an AccessTokens policy")
    visit.check()
    what.get_by_role("link", name="Edit application").click()
    expect(page.get_by_role("group", name="Scopes")).to_have_count(0)
    visit.check()
    page.get_by_role("radio", name=re.compile("^AdministratorsOnly|^Administrators only")).check()
    page.get_by_role("radio", name="Example robot (robot)").check()
    page.get_by_role("button", name="Save changes").click()
    expect(what).not_to_contain_text("To do first")
    expect(page.get_by_text("no access token can be issued for it")).to_have_count(0)
    visit.check()
    service.manage("update_application", "reference-tokens/api", "--access-tokens", "None", "--system-user", "")
