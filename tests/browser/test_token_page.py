"""The page of a token: its first use is seen there, what is done from it is seen at once, and it is created again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.visit import TOKENS, Visit
from tests.service import Service

pytestmark = pytest.mark.once

ROTATED = """
from django.utils import timezone
from accounts.audit.record import OPERATOR
from reference_tokens.models import ReferenceToken
from reference_tokens.lifecycle.rotation import DEFAULT_OVERLAP, rotate_token

token = ReferenceToken.objects.get(hint={hint!r})
rotate_token(actor=OPERATOR, token_id=token.pk, overlap=DEFAULT_OVERLAP, now=timezone.now())
"""


def open_page(visit: Visit, service: Service) -> tuple[str, str]:
    """Sign in as somebody new with one token, and go to its page; returns the user name and the token."""
    person = service.person("tess", "--name", "Tess Holt")
    token = service.token("--user", person, "--description", "Nightly export")
    visit.sign_in(person)
    visit.page.get_by_role("link", name="Nightly export").first.click()
    expect(visit.page.get_by_role("heading", name="Nightly export", level=1)).to_be_visible()
    return person, token


def test_tok4_tok13_a_first_use_is_seen_and_a_revocation_from_the_page_too(visit: Visit, service: Service) -> None:
    page = visit.page
    person, token = open_page(visit, service)
    expect(page.get_by_text("Uses are counted since")).to_be_visible()
    expect(page.get_by_text("Not used in 30 days")).to_be_visible()
    visit.check()

    assert service.holder_of(token) == person
    visit.reload_until(page.get_by_role("main"), "1 accepted")
    chart = page.get_by_role("img", name=re.compile("The last 30 days: 1 accepted, 0 refused"))
    expect(chart).to_be_visible()
    page.get_by_text("Show the numbers").click()
    expect(page.get_by_role("rowheader", name=re.compile("today so far"))).to_be_visible()
    visit.check()
    page.get_by_role("link", name="90 days").click()
    expect(page.get_by_role("link", name="90 days")).to_have_attribute("aria-current", "page")

    page.get_by_role("link", name="Revoke").click()
    visit.box.get_by_role("button", name="Revoke token").click()
    expect(page.get_by_text("Nightly export was revoked.")).to_be_visible()
    expect(page.get_by_text("The token was revoked.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Token revoked")).to_contain_text("Tess Holt")
    assert service.holder_of(token) is None
    visit.check()

    page.get_by_role("link", name="Create again").click()
    expect(page.get_by_label("Description")).to_have_value("Nightly export")
    expect(page.get_by_label("read")).to_be_checked()
    visit.check()


def test_many1_the_dialog_says_that_the_token_was_rotated_while_it_was_open(visit: Visit, service: Service) -> None:
    visit.expect_refusal(409)
    _person, token = open_page(visit, service)
    visit.page.get_by_role("link", name="Revoke").click()
    expect(visit.box.get_by_role("button", name="Revoke token")).to_be_visible()
    service.shell(ROTATED.format(hint=f"{token[:9]}…{token[-4:]}"))
    visit.box.get_by_role("button", name="Revoke token").click()
    expect(visit.box.get_by_role("alert")).to_contain_text("Nothing was done")
    expect(visit.box.get_by_role("alert")).to_be_focused()
    expect(visit.box).to_contain_text("is not changed.")
    visit.check()


def test_tok10_without_javascript_a_rotation_and_the_end_of_the_old_value_lead_back_to_the_page(
    open_visit: Open, service: Service
) -> None:
    visit = open_visit(width=360, javascript=False)
    page = visit.page
    person, token = open_page(visit, service)
    address = page.url
    page.get_by_role("link", name="Rotate").click()
    page.get_by_role("button", name="Rotate token").click()
    new = visit.plain_text()
    page.get_by_role("link", name="I have stored it").click()
    assert page.url == address
    expect(page.get_by_role("heading", name="Rotations")).to_be_visible()
    page.get_by_role("link", name="End now").click()
    page.get_by_role("button", name="End old value").click()
    assert page.url == address
    expect(page.get_by_text("has ended. What uses it fails from now on.")).to_be_visible()
    assert (service.holder_of(token), service.holder_of(new)) == (None, person)
    page.goto(TOKENS)
    expect(visit.row("Nightly export")).to_have_count(1)


def test_the_id_and_the_uri_are_copied(visit: Visit, service: Service) -> None:
    open_page(visit, service)
    page = visit.page
    for what, text in {"Token id": page.url.split("/")[-2], "com.example/excel": "com.example/excel"}.items():
        page.get_by_role("button", name=f"Copy {what}").click()
        expect(page.locator(".toast").last).to_contain_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == text
    visit.check()
