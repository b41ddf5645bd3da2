"""A person's way in, in a browser: invited, a new password, a forgotten one; with and without JavaScript."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.visit import TOKENS, Visit
from tests.service import Service

pytestmark = pytest.mark.once

INVITE = """
from django.utils import timezone
from accounts.audit.record import OPERATOR
from accounts.mailed_links.invitations import invite_person
from accounts.outbox.delivery import send_due_mails
invite_person(actor=OPERATOR, username={username!r}, email="{username}@example.com", now=timezone.now())
send_due_mails()
"""
PAGE = "/profile/security/password/"
FIRST, SECOND, THIRD = "seven swans on a frozen lake", "a kettle, a comet and a key", "nine lanterns by the harbour"


@pytest.mark.parametrize(("width", "javascript"), [(1280, True), (360, True), (1280, False)])
def test_t52_a_person_comes_in_changes_forgets_and_resets_their_password(
    open_visit: Open, service: Service, width: int, *, javascript: bool
) -> None:
    username = service.unused("rosa")
    visit = open_visit(width=width, javascript=javascript)
    visit.expect_refusal(422)
    service.shell(INVITE.format(username=username))
    accepts_the_invitation(visit, username)
    visit.sign_in(username, FIRST)
    elsewhere = open_visit(javascript=javascript)
    elsewhere.sign_in(username, FIRST)
    changes_the_password(visit)
    elsewhere.page.goto(TOKENS)
    assert "/accounts/login/" in elsewhere.page.url
    visit.page.goto("/accounts/logout/")
    visit.page.locator("main").get_by_role("button", name="Sign out").click()
    used = forgets_it(visit, username)
    visit.sign_in(username, THIRD)
    visit.expect_refusal(404)
    visit.page.goto(used)
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("This link is not valid")
    looked_at(visit)


def accepts_the_invitation(visit: Visit, username: str) -> None:
    """Choose a password by the link; one that is too short is asked for again."""
    page = visit.page
    page.goto(newest_link(visit.service, username, "/accounts/invitation/"))
    assert page.url == f"{visit.service.address}/accounts/invitation/"
    expect(page.get_by_text(f"Your user name is {username}")).to_be_visible()
    looked_at(visit)
    page.get_by_label("Name").fill("Rosa Ek")
    page.get_by_label("New password").fill("too short")
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("alert")).to_contain_text("It must contain at least 15 characters.")
    looked_at(visit)
    shows_while_typing(visit)
    page.get_by_label("New password").fill(FIRST)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_text("Your password is set. Sign in with it.")).to_be_visible()


def shows_while_typing(visit: Visit) -> None:
    """A button shows what is typed and hides it again; without script there is none."""
    field, button = visit.page.get_by_label("New password"), visit.page.get_by_role("button", name="Show")
    if not visit.javascript:
        expect(button).to_have_count(0)
        return
    for kind in ("text", "password"):
        button.click()
        expect(field).to_have_attribute("type", kind)
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    looked_at(visit)


def changes_the_password(visit: Visit) -> None:
    """From the navigation; the current one is asked for."""
    page = visit.page
    page.goto(PAGE)
    looked_at(visit)
    page.get_by_label("Current password").fill("not my password")
    page.get_by_label("New password").fill(SECOND)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not your current password.")
    looked_at(visit)
    page.get_by_label("Current password").fill(FIRST)
    page.get_by_label("New password").fill(SECOND)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Your password was changed, and your other sessions were ended.")).to_be_visible()


def forgets_it(visit: Visit, username: str) -> str:
    """Choose another one by mail; returns the link."""
    page = visit.page
    page.get_by_role("link", name="Forgot your password?").click()
    looked_at(visit)
    page.get_by_label("User name or e-mail address").fill(username)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    looked_at(visit)
    link = newest_link(visit.service, username, "/accounts/password/reset/")
    page.goto(link)
    assert page.url == f"{visit.service.address}/accounts/password/reset/new/"
    looked_at(visit)
    page.get_by_label("New password").fill(THIRD)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_text("Your password is set. Sign in with it.")).to_be_visible()
    return link


def looked_at(visit: Visit) -> None:
    """The page holds the bars; what looks needs script itself."""
    if visit.javascript:
        visit.check()


def newest_link(service: Service, username: str, path: str) -> str:
    """The link below this path in the newest such mail to the person, once it is there: it is sent behind the page."""
    link = re.compile(re.escape(service.address + path) + r"[\w-]{43}/")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        folder = Path(service.settings["DATA_DIR"]) / "mail"
        mails = sorted((one.stat().st_mtime_ns, one.read_text()) for one in folder.glob("*.log"))
        found = [link.search(text) for _time, text in mails if f"To: {username}@example.com\n" in text]
        if links := [one[0] for one in found if one]:
            return links[-1]
        time.sleep(0.1)
    raise AssertionError(f"no mail to {username}")
