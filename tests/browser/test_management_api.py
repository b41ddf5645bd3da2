"""An administrator opens the built-in application of the management API (API-2)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.visit import APPLICATIONS, Visit
from tests.service import Service
from trusted_apps.built_in import MANAGEMENT_API_URI

pytestmark = pytest.mark.once


@pytest.fixture
def closed(service: Service) -> Iterator[None]:
    """Nobody can issue a token for it yet, whatever other tests of this instance do."""
    found = service.manage("list_applications", "--search", MANAGEMENT_API_URI)["applications"]
    [before] = [one for one in found if one["application_uri"] == MANAGEMENT_API_URI]
    leave(service, "None", None)
    yield
    leave(service, before["access_tokens"], before["system_user"])


def leave(service: Service, policy: str, system_user: str | None) -> None:
    choices = ["--access-tokens", policy, "--system-user", system_user or ""]
    service.manage("update_application", MANAGEMENT_API_URI, *choices)


@pytest.mark.usefixtures("closed")
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
    save = page.get_by_role("button", name="Save changes")
    save.click()
    page.wait_for_load_state("networkidle")
    if save.count():
        # Other tests have left live tokens: the form says first that they will act as another System User.
        save.click()
    expect(what).not_to_contain_text("To do first")
    expect(page.get_by_text("no access token can be issued for it")).to_have_count(0)
    visit.check()
