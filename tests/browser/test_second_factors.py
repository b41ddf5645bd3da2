"""Second factors in a browser: set up, used to sign in and to confirm, with no line in the console."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import CDPSession, expect

from tests.browser.confirming import CONFIRMED_LONG_AGO
from tests.browser.conftest import Open
from tests.browser.visit import TOKENS, Visit
from tests.pages import AFTER_SIGN_IN
from tests.second_factors import LIST_URL, STAGE_URL, App
from tests.service import PASSWORD, Service

pytestmark = pytest.mark.once

LOGIN = "/accounts/login/"
# A device with a screen lock, as most telephones and laptops are; Chromium plays it.
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def with_device(visit: Visit) -> tuple[CDPSession, str]:
    """A browser on a device that keeps passkeys."""
    session = visit.context.new_cdp_session(visit.page)
    session.send("WebAuthn.enable")
    added: Any = session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return session, added["authenticatorId"]


def press(visit: Visit, name: str) -> None:
    visit.page.get_by_role("button", name=name, exact=True).click()


def sign_out(visit: Visit) -> None:
    visit.page.goto("/accounts/logout/")
    visit.page.locator("main").get_by_role("button", name="Sign out").click()
    visit.page.wait_for_url(f"**{LOGIN}")


def enter_password(visit: Visit, username: str) -> None:
    visit.page.goto(LOGIN)
    visit.page.get_by_label("User name or e-mail address").fill(username)
    visit.page.get_by_label("Password").fill(PASSWORD)
    press(visit, "Sign in")
    visit.page.wait_for_url(f"**{STAGE_URL}")


def check(visit: Visit) -> None:
    """The bars of the interface, which are tried by a script in the page."""
    if visit.javascript:
        visit.check()


def sets_up_app(visit: Visit) -> tuple[App, list[str]]:
    """From the empty list to the recovery codes, which are there once."""
    page = visit.page
    page.goto(LIST_URL)
    check(visit)
    page.get_by_role("link", name="Set up app").click()
    expect(page.get_by_role("img", name="The key as a QR code")).to_be_visible()
    check(visit)
    app = App(page.locator("[data-app-key]").inner_text().replace(" ", ""))
    page.get_by_label("Code that the app shows").fill(app.code())
    press(visit, "Set up app")
    expect(page.get_by_role("heading", name="Authenticator app set up")).to_be_visible()
    check(visit)
    codes = page.locator("[data-codes]").inner_text().split("\n")
    assert len(codes) == 10
    return app, codes


def test_t53_an_app_is_set_up_and_its_codes_sign_in(visit: Visit, service: Service) -> None:
    username = service.person("app")
    visit.sign_in(username)
    _app, codes = sets_up_app(visit)
    press(visit, "Copy codes")
    expect(visit.page.locator("#page-status")).to_have_text("Copied")
    assert visit.page.evaluate("navigator.clipboard.readText()").split("\n") == codes
    visit.page.get_by_role("link", name="I have stored them").click()
    visit.page.wait_for_url(f"**{LIST_URL}")
    expect(visit.page.get_by_text("10 of 10 left")).to_be_visible()
    visit.check()
    assert visit.nowhere(codes[0])
    sign_out(visit)
    enter_password(visit, username)
    visit.check()
    visit.expect_refusal(422)
    for code in ("000000", codes[0]):
        visit.page.get_by_label("Code from your authenticator app").fill(code)
        press(visit, "Sign in")
        if code == "000000":
            expect(visit.page.locator("[data-error-summary]")).to_be_focused()
            visit.check()
    visit.page.wait_for_url(f"**{AFTER_SIGN_IN}")
    removes_app(visit)


def removes_app(visit: Visit) -> None:
    """The dialog says what ends with it, and the list behind follows."""
    page = visit.page
    page.goto(LIST_URL)
    page.get_by_role("link", name="Remove app").click()
    expect(visit.box.get_by_text("This is your last second factor")).to_be_visible()
    visit.check()
    visit.box.get_by_role("button", name="Remove app").click()
    expect(page.get_by_text("Authenticator app was removed.")).to_be_visible()
    expect(page.get_by_text("No second factor yet")).to_be_visible()
    visit.check()


def test_an_app_is_set_up_and_used_without_javascript(open_visit: Open, service: Service) -> None:
    visit = open_visit(width=360, javascript=False)
    username = service.person("app")
    visit.sign_in(username)
    _app, codes = sets_up_app(visit)
    visit.page.get_by_role("link", name="I have stored them").click()
    sign_out(visit)
    expect(visit.page.get_by_role("button", name="Sign in with a passkey")).to_have_count(0)
    enter_password(visit, username)
    visit.page.get_by_label("Code from your authenticator app").fill(codes[0])
    press(visit, "Sign in")
    visit.page.wait_for_url(f"**{AFTER_SIGN_IN}")
    visit.page.goto(f"{LIST_URL}passkeys/new/")
    expect(visit.page.get_by_text("Passkeys need JavaScript")).to_be_visible()
    expect(visit.page.get_by_role("button", name="Add passkey")).to_have_count(0)


def test_a_passkey_signs_in_alone_confirms_and_is_a_second_factor(visit: Visit, service: Service) -> None:
    username, page = service.person("key"), visit.page
    session, device = with_device(visit)
    visit.sign_in(username)
    page.goto(LIST_URL)
    page.get_by_role("link", name="Add passkey").click()
    page.get_by_label("Name").fill("My laptop")
    visit.check()
    press(visit, "Add passkey")
    expect(page.get_by_role("heading", name="Passkey added")).to_be_visible()
    page.get_by_role("link", name="I have stored them").click()
    expect(visit.row("My laptop")).to_contain_text("Signs in without a password")
    visit.check()
    says_that_it_is_known(visit)
    signs_in_alone(visit)
    confirms(visit, service)
    sign_out(visit)
    enter_password(visit, username)
    visit.check()
    press(visit, "Use a passkey")
    page.wait_for_url(f"**{AFTER_SIGN_IN}")
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    sign_out(visit)
    press(visit, "Sign in with a passkey")
    expect(page.get_by_text("No passkey was chosen, or it took too long. Try again.")).to_be_visible()
    visit.check()


def says_that_it_is_known(visit: Visit) -> None:
    """The same device is not added twice."""
    visit.page.get_by_role("link", name="Add passkey").click()
    press(visit, "Add passkey")
    expect(visit.page.get_by_text("This device or key already holds a passkey for your account.")).to_be_visible()
    visit.check()


def signs_in_alone(visit: Visit) -> None:
    """From the sign-in page to where one wanted to go, without a name or a password."""
    sign_out(visit)
    visit.page.goto(TOKENS)
    visit.check()
    press(visit, "Sign in with a passkey")
    visit.page.wait_for_url(f"**{TOKENS}")


def confirms(visit: Visit, service: Service) -> None:
    """The confirmation is old: the passkey does, and leads on."""
    key = next(cookie["value"] for cookie in visit.context.cookies() if cookie["name"] == "session")
    service.shell(CONFIRMED_LONG_AGO.format(key=key))
    visit.page.get_by_role("link", name="Create user access token").first.click()
    visit.page.wait_for_url("**/accounts/reauthenticate/**")
    visit.page.get_by_role("link", name="Use a passkey").click()
    visit.check()
    press(visit, "Use a passkey")
    visit.page.wait_for_url(re.compile(f"{TOKENS}new/"))
