"""An administrator's journey: from a closed application to a SAT, and the end of somebody's PAT."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visit import APPLICATIONS, Visit
from tests.service import Service

pytestmark = pytest.mark.once


def test_pol4_pol6_an_administrator_opens_an_application_issues_a_sat_and_ends_a_pat(
    visit: Visit, service: Service
) -> None:
    name, person = service.unused("Stock"), service.person("paul", "--name", "Paul Winter")
    uri = f"com.example/{name}"
    service.manage("create_application", uri, "--name", name, "--scopes", "read update")
    page = visit.page
    visit.sign_in(service.person("ida", "--administrator", "--name", "Ida Berg"), to="/manage/")
    visit.check()
    page.get_by_role("main").get_by_role("link", name="Trusted Apps").click()
    visit.check()
    page.get_by_role("link", name=name, exact=True).click()

    # Nothing can be issued: the button is there, disabled, with the reason and the way to change it beside it.
    button = page.get_by_role("button", name="Create application token")
    expect(button).to_be_disabled()
    expect(button).to_have_accessible_description(
        "Its AccessTokens policy is None: no access token can be issued for it. Change the policy"
        " Why? (help, in a new tab)"
    )
    visit.check()
    changes_policy(visit, "AuthenticatedUsers", "Change the policy")
    expect(button).to_have_accessible_description(
        "It has no System User for service access tokens to act as. Choose a System User Why? (help, in a new tab)"
    )
    page.get_by_role("link", name="Choose a System User").first.click()
    page.get_by_role("radio", name="Example robot (robot)").check()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("were saved.")).to_be_visible()
    visit.check()
    acts_as_the_system_user(visit)

    issued = service.manage("issue_token", "--application", uri, "--user", person, "--description", "Paul's import")
    tightens(visit)
    ends_the_token_of_somebody(visit, issued["token"])


def changes_policy(visit: Visit, policy: str, link: str) -> None:
    """Follow a link to the form, choose a policy and save."""
    visit.page.get_by_role("link", name=link).first.click()
    visit.check()
    visit.choose(policy)
    visit.page.get_by_role("button", name="Save changes").click()


def acts_as_the_system_user(visit: Visit) -> None:
    """A SAT is seen once, in the dialog, and acts as the System User."""
    page = visit.page
    form = visit.open_form("Create application token")
    expect(form.get_by_text("It acts as the System User Example robot (robot), not as you.")).to_be_visible()
    form.get_by_label("Description").fill("Unattended")
    visit.check()
    form.get_by_role("button", name="Generate token").click()
    token = visit.plain_text()
    visit.check()
    form.get_by_role("button", name="Copy token").click()
    expect(page.locator("#dialog-status")).to_have_text("Copied")
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    expect(visit.row("Unattended")).to_contain_text("Example robot")
    assert visit.service.holder_of(token) == "robot"
    assert visit.nowhere(token)


def tightens(visit: Visit) -> None:
    """A tighter policy first says whose tokens could not be issued any more, where the reader sees it."""
    page = visit.page
    changes_policy(visit, "AdministratorsOnly", "Edit application")
    note = page.locator(".note.warn")
    expect(note).to_contain_text("1 live token could not be issued under this policy")
    expect(note).to_contain_text("Paul Winter")
    expect(note).to_be_focused()
    expect(note).to_be_in_viewport(ratio=0.9)
    visit.check()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("were saved.")).to_be_visible()
    expect(visit.row("Paul's import")).to_contain_text("Outside policy")
    visit.check()


def ends_the_token_of_somebody(visit: Visit, token: str) -> None:
    """With a reason; the token is refused at its next use."""
    page, box = visit.page, visit.box
    assert visit.service.holder_of(token) is not None
    page.get_by_role("link", name="Revoke Paul's import").click()
    expect(box.get_by_role("link", name="Keep token")).to_be_focused()
    box.get_by_label("Reason").fill("It was found in a mail")
    visit.check()
    box.get_by_role("button", name="Revoke token").click()
    expect(page.get_by_text("Paul's import was revoked.")).to_be_visible()
    assert visit.service.holder_of(token) is None
    page.get_by_role("link", name="Ended", exact=True).click()
    expect(visit.row("Paul's import")).to_contain_text(
        re.compile(r"Revoked by Ida Berg \(ida\d+\): It was found in a mail")
    )
    visit.check()


def test_manage_is_closed_to_people_who_are_not_administrators(visit: Visit, service: Service) -> None:
    visit.expect_refusal(403)
    visit.sign_in(service.person("otto"))
    visit.page.goto(APPLICATIONS)
    expect(visit.page.get_by_role("heading", name="For administrators only")).to_be_visible()
    visit.check()
    visit.expect_refusal(404)
    visit.page.goto("/profile/nowhere/")
    expect(visit.page.get_by_role("heading", name="Page not found")).to_be_visible()
    visit.check()
