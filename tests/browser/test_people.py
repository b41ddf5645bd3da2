"""An administrator's journey with people: invited, given rights, closed with their tokens, and opened again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.visit import TOKENS, USERS, Visit
from tests.service import Service

pytestmark = pytest.mark.once


def test_tok11_an_administrator_invites_gives_rights_and_closes_an_account_with_its_tokens(
    open_visit: Open, visit: Visit, service: Service, width: int
) -> None:
    name = service.unused("Nora ")
    person = service.person("nora", "--name", name, "--email", f"{service.unused('nora')}@example.com")
    token = service.token("--user", person, "--description", "Nora's import")
    hers = open_visit(width=width)
    hers.sign_in(person)
    visit.sign_in(service.person("lead", "--administrator", "--name", "Lea Dern"), to=USERS)
    visit.check()
    invites(visit, service.unused("ivy"))
    finds(visit, name)
    visit.check()

    # Rights: the session that had others is ended.
    acts(visit, "Make administrator", "Cancel")
    expect(visit.page.get_by_text("is now an administrator.")).to_be_visible()
    hers.page.goto("/profile/")
    expect(hers.page.get_by_role("heading", name="Sign in")).to_be_visible()
    hers.sign_in(person, to="/manage/")
    acts(visit, "Remove administrator rights", "Keep administrator", "Remove rights")

    # Closed: signed out, and the token is refused at its next use.
    hers.sign_in(person, to=TOKENS)
    assert service.holder_of(token) == person
    deactivates(visit)
    assert service.holder_of(token) is None
    hers.page.reload()
    expect(hers.page.get_by_role("heading", name="Sign in")).to_be_visible()
    acts(visit, "Reactivate", "Keep inactive")
    expect(visit.page.get_by_text(f"{name} ({person}) is active.")).to_be_visible()
    assert service.holder_of(token) is None
    visit.page.get_by_role("link", name="Ended", exact=True).click()
    expect(visit.row("Nora's import")).to_contain_text(
        re.compile(r"Revoked by Lea Dern \(lead\d+\): The user was deactivated")
    )
    visit.check()


def invites(visit: Visit, username: str) -> None:
    """Invite somebody, whose page follows."""
    page = visit.page
    page.get_by_role("link", name="Invite User").click()
    visit.check()
    visit.expect_refusal(422)
    page.get_by_label("User name").fill(username)
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    visit.check()
    page.get_by_label("E-mail address").fill(f"{username}@example.com")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text(f"{username} was invited. The link was sent to {username}@example.com.")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Waits until")
    visit.check()


def finds(visit: Visit, name: str) -> None:
    """Search the list, by a filter too, and open the page of the one who is found."""
    page = visit.page
    page.goto(USERS)
    page.get_by_label("Name or e-mail address").fill(name)
    page.get_by_label("Kind").select_option(label="System Users")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name="No user matches")).to_be_visible()
    visit.check()
    page.get_by_label("Kind").select_option(label="People")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def acts(visit: Visit, label: str, keep: str, submit: str = "") -> None:
    """Open the question, keep things as they are, open it again and do it."""
    page, box = visit.page, visit.box
    for _twice in range(2):
        page.get_by_role("link", name=label, exact=True).click()
        expect(box.get_by_role("link", name=keep)).to_be_focused()
        if not _twice:
            visit.check()
            page.keyboard.press("Escape")
            expect(box).to_have_count(0)
    box.get_by_role("button", name=submit or label, exact=True).click()
    expect(page.locator("dialog[open]")).to_have_count(0)


def deactivates(visit: Visit) -> None:
    """Close the account and revoke what it holds in the same step."""
    page, box = visit.page, visit.box
    page.get_by_role("link", name="Deactivate", exact=True).click()
    expect(box).to_contain_text("1 access token stops working at once:")
    box.get_by_label("Revoke them now").check()
    visit.check()
    box.get_by_role("button", name="Deactivate", exact=True).click()
    expect(page.get_by_text("is inactive. 1 token was revoked.")).to_be_visible()
    expect(page.get_by_text("This user is inactive")).to_be_visible()
    visit.check()


def test_people_are_closed_and_put_into_groups_without_javascript(open_visit: Open, service: Service) -> None:
    visit = open_visit(javascript=False)
    nils = service.person("nils", "--name", "Nils Holm")
    visit.sign_in(service.person("lena", "--administrator"), to="/manage/security/groups/new/")
    page, group = visit.page, service.unused("Couriers")
    page.get_by_label("Name").fill(group)
    page.get_by_role("button", name="Create group").click()
    members = page.get_by_role("group", name="Members")
    if members.get_by_role("searchbox").count():
        members.get_by_role("searchbox").fill(nils)
        members.get_by_role("button", name="Find").click()
    members.get_by_role("checkbox", name=f"Nils Holm ({nils})").check()
    page.get_by_role("button", name="Add members").click()
    expect(page.get_by_text(f"Nils Holm ({nils}) was added to the group.")).to_be_visible()
    page.get_by_role("link", name="Nils Holm", exact=True).click()
    expect(page.get_by_role("link", name=group)).to_be_visible()
    page.get_by_role("link", name="Deactivate", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Deactivate Nils Holm ({nils})?")
    page.get_by_role("button", name="Deactivate", exact=True).click()
    expect(page.get_by_text("This user is inactive")).to_be_visible()
