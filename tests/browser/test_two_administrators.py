"""Two administrators have the same form open: what one saves, the other does not undo unseen (EDIT-1)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.visit import APPLICATIONS

if TYPE_CHECKING:
    from tests.browser.conftest import Open
    from tests.service import Service

pytestmark = pytest.mark.once


@pytest.mark.parametrize("javascript", [True, False])
def test_edit1_who_saves_second_is_told_what_changed_and_saves_knowingly(
    open_visit: Open, service: Service, width: int, javascript: bool
) -> None:
    uri = service.unused("com.example/shared")
    service.manage("create_application", uri, "--name", uri, "--scopes", "read update")
    visits = []
    for name, full_name in (("ines", "Ines Lund"), ("omar", "Omar Haddad")):
        person = service.person(name, "--administrator", "--name", full_name)
        visit = open_visit(width=width, javascript=javascript)
        visit.expect_refusal(409)
        visit.sign_in(person, to=APPLICATIONS)
        visit.page.get_by_role("link", name=uri).click()
        visit.page.get_by_role("link", name="Edit").click()
        visits.append(visit)
    mine, theirs = visits
    theirs.page.get_by_label("Enabled").uncheck()
    theirs.page.get_by_role("button", name="Save changes").click()
    expect(theirs.page.get_by_text("were saved.")).to_be_visible()

    mine.page.get_by_label("Description").fill("Shared by two")
    mine.page.get_by_role("button", name="Save changes").click()

    told = mine.page.get_by_role("alert")
    expect(told).to_be_focused()
    expect(told).to_contain_text("Not saved: this was changed after you opened the form.")
    expect(told).to_contain_text(f"Omar Haddad ({person})")
    expect(mine.page.get_by_label("Description")).to_have_value("Shared by two")
    if javascript:
        mine.check()
    if folder := os.environ.get("SHOTS"):
        for theme in ("light", "dark"):
            mine.page.emulate_media(color_scheme=theme)
            mine.page.screenshot(path=f"{folder}/conflict-{width}-{javascript}-{theme}.png")
    mine.page.get_by_label("Enabled").uncheck()
    mine.page.get_by_role("button", name="Save changes").click()
    expect(mine.page.get_by_text("were saved.")).to_be_visible()
    expect(mine.page.get_by_text("This application is disabled")).to_be_visible()
