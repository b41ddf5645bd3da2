"""Confirming in the browser who it is."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.visit import TOKENS, Visit
from tests.service import PASSWORD

# The stored session says when somebody last showed who they are; the product itself is not touched.
CONFIRMED_LONG_AGO = """
from accounts.sessions.store import SessionStore
session = SessionStore(session_key={key!r})
for record in session["account_authentication_methods"]:
    record["at"] -= 16 * 60
session.save()
"""


def confirms_again(visit: Visit) -> None:
    """The confirmation is older than 15 minutes: it is asked for, and leads on to the task."""
    page = visit.page
    key = next(cookie["value"] for cookie in visit.context.cookies() if cookie["name"] == "session")
    visit.service.shell(CONFIRMED_LONG_AGO.format(key=key))
    page.get_by_role("link", name="Create user access token").first.click()
    page.wait_for_url("**/accounts/reauthenticate/**")
    visit.check()
    for password in ("not my password", PASSWORD):
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Confirm").click()
        if password != PASSWORD:
            expect(page.locator("[data-error-summary]")).to_be_focused()
            visit.check()
    page.wait_for_url(f"**{TOKENS}new/")
    visit.check()
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(f"**{TOKENS}")
