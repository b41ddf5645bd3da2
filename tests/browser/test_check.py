"""Why is this token refused? An administrator and its holder find out: by mouse, by keys alone, without a script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.visit import TOKENS, Visit
from tests.service import Service

pytestmark = pytest.mark.once

CHECK, OWN_CHECK = "/manage/security/check-token/", "/profile/security/check-token/"
REVOKED = """
from datetime import timedelta
from django.utils import timezone
from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.issuance import TokenRequest, issue_pat
from reference_tokens.lifecycle.revocation import revoke_token
from trusted_apps.models import TrustedApplication
now = timezone.now()
token_request = TokenRequest(scopes=["read"], expires_at=now + timedelta(days=30), description="Old laptop")
issued = issue_pat(actor=OPERATOR, user=User.objects.get(username="{username}"), now=now, token_request=token_request,
    application=TrustedApplication.objects.get(application_uri="com.example/excel"))
revoke_token(actor=OPERATOR, token_id=issued.token.pk, now=now, reason="Found in a chat")
print(issued.plaintext)
"""


def told(visit: Visit, token: str) -> None:
    """The answer stands on the page, and the token does not."""
    page = visit.page
    expect(page.get_by_role("heading", name="Refused: the token was revoked")).to_be_visible()
    expect(page.get_by_text("The reason given: Found in a chat")).to_be_visible()
    expect(page.get_by_label("Token", exact=True)).to_have_value("")
    assert token not in page.content()
    assert token not in page.url


@pytest.mark.parametrize("javascript", [True, False], ids=["with script", "without script"])
def test_val6_an_administrator_pastes_a_token_and_reads_why_it_is_refused(
    open_visit: Open, service: Service, width: int, javascript: bool
) -> None:
    token = service.shell(REVOKED.format(username=service.person("otto")))
    visit = open_visit(width=width, javascript=javascript)
    page = visit.page
    visit.sign_in(service.person("vera", "--administrator"), to="/manage/")
    page.get_by_role("main").get_by_role("link", name="Check a token").click()
    if javascript:
        visit.check()

    page.get_by_label("Token", exact=True).fill(token)
    page.get_by_text("Example API").click()
    page.get_by_role("button", name="Check token").click()

    told(visit, token)
    expect(page.get_by_role("radio", name="Example API")).to_be_checked()
    if javascript:
        expect(page.locator(":focus")).to_have_text(re.compile("Refused: the token was revoked"))
        assert visit.nowhere(token)
        visit.check()
    page.get_by_role("link", name="Show this token").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Old laptop")


def test_val6_a_person_checks_their_own_token_by_keys_alone(open_visit: Open, service: Service, width: int) -> None:
    username = service.person("nils")
    token = service.shell(REVOKED.format(username=username))
    visit = open_visit(width=width)
    page = visit.page
    visit.sign_in(username, to=OWN_CHECK)
    page.get_by_label("Token", exact=True).focus()
    page.keyboard.insert_text(token)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    told(visit, token)
    visit.check()

    page.goto(f"{TOKENS}?state=ended")
    page.get_by_role("link", name="Old laptop", exact=True).click()
    page.get_by_role("link", name="Check", exact=True).click()
    visit.check()
    page.get_by_role("button", name="Check token").click()
    expect(page.get_by_role("heading", name="Refused: the token was revoked")).to_be_visible()
    page.get_by_role("link", name="Another token").click()
    expect(page.get_by_label("Token", exact=True)).to_be_visible()
