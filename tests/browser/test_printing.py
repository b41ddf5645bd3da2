"""What stands on paper, where nothing opens and nothing can be pressed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.visit import INVENTORY, TOKENS, Visit
from tests.service import Service

pytestmark = pytest.mark.once

# As wide as A4 between its margins.
PAPER = 718
SCOPES = """
from trusted_apps.models import Scope
for name in ("delete", "export"):
    Scope.objects.get_or_create(name=name)
"""
IS_WHOLE = "e => e.scrollWidth <= e.clientWidth + 1"


def test_what_is_printed_of_a_page_is_its_content(visit: Visit, service: Service) -> None:
    visit.sign_in(service.person("paula", "--name", "Paula"))
    assert visit.page.url.endswith(TOKENS)
    visit.page.emulate_media(media="print")
    expect(visit.page.get_by_role("heading", name="Tokens", exact=True)).to_be_visible()
    for hidden in (".topbar", ".sidenav", ".button >> nth=0"):
        expect(visit.page.locator(hidden)).to_be_hidden()
    place = visit.page.locator(".content").bounding_box()
    assert place is not None
    assert place["x"] == 0


def test_a_printed_list_tells_exact_times_all_scopes_and_whole_names(open_visit: Open, service: Service) -> None:
    visit = open_visit(width=PAPER)
    name = service.person("petra", "--administrator", "--name", "Petra Papierova")
    uri, title = f"com.example/{name}", "Warehouse and inventory of the northern region"
    service.shell(SCOPES)
    scopes = ("delete", "export", "read", "update")
    policy = ("--access-tokens", "AuthenticatedUsers")
    service.manage("create_application", uri, "--name", title, "--scopes", " ".join(scopes), *policy)
    service.manage(
        "issue_token", "--application", uri, "--user", name, "--scopes", " ".join(scopes), "--description", "Till"
    )
    visit.sign_in(name, to="/profile/")
    visit.page.goto(f"{INVENTORY}?owner={name}")
    visit.page.emulate_media(media="print")
    row = visit.page.locator("tbody tr")
    expect(row.locator(".hint")).to_be_visible()
    expect(row.locator(".c-expires .exact")).to_have_text(re.compile(r"\d{2}:\d{2}:\d{2} UTC"))
    expect(row.locator(".c-scopes .chip:visible")).to_have_text(scopes)
    for cut in (".c-app .line", ".c-app p", ".c-holder .line"):
        assert row.locator(cut).evaluate(IS_WHOLE), cut
    for hidden in (row.locator(".when"), row.locator(".c-actions"), visit.page.get_by_role("searchbox")):
        expect(hidden.first).to_be_hidden()
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= PAPER
