"""What was refused, and why: its holder reads it on the token's page, an administrator on the Resource Server's."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.service import Service

pytestmark = pytest.mark.once

SERVERS = "/manage/security/resource-servers/"


def test_tok16_a_holder_and_an_administrator_read_why_a_token_was_refused(
    open_visit: Open, service: Service, width: int
) -> None:
    holder = service.person("rufus")
    name = service.unused("Import")
    token = service.token("--user", holder, "--description", name)
    visit = open_visit(width=width)
    page = visit.page
    visit.sign_in(holder)
    page.get_by_role("link", name=name).first.click()
    expect(page.get_by_text("Nothing was refused.")).to_be_visible()
    page.get_by_role("link", name="Revoke").click()
    visit.box.get_by_role("button", name="Revoke token").click()
    expect(page.get_by_text(f"{name} was revoked.")).to_be_visible()

    assert service.introspect(token) == b'{"active": false}'
    assert service.ask("GET", "/api/token", Authorization=f"Bearer {token}").status == 401
    visit.reload_until(page.get_by_role("main"), "Introspection")
    visit.reload_until(page.get_by_role("main"), "/api/token")
    refusals = page.get_by_role("table", name="Refusals, newest first").get_by_role("row")
    expect(refusals.filter(has_text="Introspection")).to_contain_text("Example API")
    expect(refusals.filter(has_text="/api/token")).to_contain_text("127.0.0.1")
    visit.check()

    managing = open_visit(width=width)
    managing.sign_in(service.person("gwen", "--administrator"), to=SERVERS)
    page = managing.page
    page.get_by_role("link", name="Example API").click()
    row = page.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("The token was revoked.")
    managing.check()
    row.get_by_role("link", name=f"Check {name}").click()
    page.get_by_role("button", name="Check token").click()
    expect(page.get_by_role("heading", name="Refused: the token was revoked")).to_be_visible()
