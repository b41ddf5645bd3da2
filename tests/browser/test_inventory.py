"""Every token of the instance: filter, page, choose all that match, and revoke them by typing their number."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.visit import INVENTORY, Visit
from tests.service import Service

pytestmark = pytest.mark.once

# Fifty-five tokens of one application.
FILL = """
from datetime import timedelta
from django.utils import timezone
from accounts.audit.record import OPERATOR
from reference_tokens.lifecycle.issuance import TokenRequest, issue_pat
from accounts.models import User
from trusted_apps.models import TrustedApplication
application, now = TrustedApplication.objects.get(application_uri="{uri}"), timezone.now()
for number in range(55):
    token_request = TokenRequest(scopes=["read"], expires_at=now + timedelta(days=30), description=f"Till {{number}}")
    issued = issue_pat(actor=OPERATOR, user=User.objects.get(username="{username}"), application=application,
        token_request=token_request, now=now + timedelta(seconds=number))
print(issued.plaintext)
"""


@pytest.mark.parametrize("javascript", [True, False], ids=["with script", "without script"])
def test_tok8_all_that_match_are_revoked_by_typing_their_number(
    open_visit: Open, service: Service, width: int, javascript: bool
) -> None:
    name, username = service.unused("tills"), service.person("tilly")
    uri = f"com.example/{name}"
    policy = ("--access-tokens", "AuthenticatedUsers")
    service.manage("create_application", uri, "--name", name, "--scopes", "read", *policy)
    token = service.shell(FILL.format(uri=uri, username=username))
    visit = open_visit(width=width, javascript=javascript)
    visit.expect_refusal(422)
    page = visit.page
    visit.sign_in(service.person("iris", "--administrator"), to=INVENTORY)

    narrow_down(visit, name, token)
    expect(page.get_by_text("55 tokens", exact=True)).to_be_visible()
    if javascript:
        visit.check()
    to_the_next_page_and_back(visit)
    suspend_two_ticked_by_hand(visit)
    if javascript:
        page.get_by_label("All on this page").check()
        expect(page.locator("[name=token]:checked")).to_have_count(50)
        page.get_by_label("All on this page").uncheck()

    # All of them, on this page and on the others.
    page.get_by_label("All that match: 55 tokens").check()
    page.get_by_role("button", name="Revoke chosen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Revoke 55 tokens?")
    confirm(visit, "Revoke 55 tokens", "50")
    expect(page.get_by_role("alert")).to_contain_text("Type 55, the number of tokens.")
    if javascript:
        visit.check()
    assert service.holder_of(token) == username
    confirm(visit, "Revoke 55 tokens", "55")
    expect(page.get_by_text("55 tokens revoked.")).to_be_visible()
    expect(page.get_by_text("No token matches these filters.")).to_be_visible()
    assert service.holder_of(token) is None


def to_the_next_page_and_back(visit: Visit) -> None:
    visit.page.get_by_role("link", name="Next page").click()
    expect(visit.row("Till")).to_have_count(5)
    visit.page.get_by_role("link", name="Previous page").click()
    expect(visit.row("Till")).to_have_count(50)


def suspend_two_ticked_by_hand(visit: Visit) -> None:
    page = visit.page
    page.get_by_label("Choose Till 0", exact=True).check()
    page.get_by_label("Choose Till 7", exact=True).check()
    page.get_by_role("button", name="Suspend chosen").click()
    confirm(visit, "Suspend 2 tokens", "2")
    expect(page.get_by_text("2 tokens suspended.")).to_be_visible()


def narrow_down(visit: Visit, application: str, token: str) -> None:
    """Choose an application and an order; a token among the search words is not sent."""
    page = visit.page
    page.get_by_text("Add filter").click()
    page.get_by_label("Trusted Application").fill(f"com.example/{application}")
    page.get_by_label("Sort by").select_option(label="Longest unused first")
    words = page.get_by_label("Search tokens")
    words.fill(token)
    page.get_by_role("button", name="Search", exact=True).click()
    assert page.url.endswith(INVENTORY)
    words.fill("Till")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**q=Till**")
    # What was not filled in does not stand in the address, where a script can see to that.
    assert visit.javascript != ("=&" in page.url)


def confirm(visit: Visit, submit: str, number: str) -> None:
    """Type the number of tokens and go on."""
    visit.page.get_by_label("Number of tokens").fill(number)
    visit.page.get_by_role("button", name=submit).click()
