"""The languages on a narrow screen: each text has room, and the foot of the page changes the language."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.languages import choose_language, overflows
from tests.browser.visit import INVENTORY, TOKENS
from tests.service import Service

pytestmark = pytest.mark.once

# `make audit-ui` opens all of them.
SIGNED_OUT = ("/accounts/login/", "/nowhere/")
SIGNED_IN = (TOKENS, f"{TOKENS}new/", "/profile/security/second-factors/", INVENTORY, "/manage/")


def test_a_language_is_chosen_without_a_script_and_kept_at_the_sign_in(open_visit: Open, service: Service) -> None:
    visit = open_visit(javascript=False, width=360)
    page = visit.page
    page.goto("/accounts/login/?next=/profile/")
    choose_language(visit, "Български")
    expect(page.locator("html")).to_have_attribute("lang", "bg")
    expect(page.get_by_role("heading", level=1)).to_have_text("Вход")
    assert page.url.endswith("/accounts/login/?next=/profile/")
    choose_language(visit, "English")
    visit.sign_in(service.person("lena"))
    choose_language(visit, "Deutsch")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.goto("/profile/")
    # The line beside the menu of a wide screen.
    expect(page.locator(".page-foot")).to_have_css("border-left-width", "0px")
    expect(page.get_by_role("button", name="Deutsch")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("language", ["Deutsch", "Български", "pseudo"])
def test_every_text_has_room_at_360_px(open_visit: Open, service: Service, language: str) -> None:
    visit = open_visit(width=360)
    visit.expect_refusal(404)
    found = []
    for paths, username in ((SIGNED_OUT, ""), (SIGNED_IN, service.person("otto", "--administrator"))):
        if username:
            visit.page.goto("/accounts/login/")
            choose_language(visit, "English")
            visit.sign_in(username, to="/profile/")
        if language != "pseudo":
            visit.page.goto("/accounts/login/" if not username else "/profile/")
            choose_language(visit, language)
        for path in paths:
            visit.page.goto(path)
            found += overflows(visit, pseudo=language == "pseudo")
    assert found == []
