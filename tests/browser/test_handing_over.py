"""Handing over: what a leaver still runs, and the application token that takes its place."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.visit import USERS
from tests.service import Service

pytestmark = pytest.mark.once

READY = """
from accounts.models import User
from trusted_apps.models import AccessTokensPolicy, TrustedApplication

robot = User.objects.create(username={robot!r}, kind=User.Kind.SYSTEM, password="!")
TrustedApplication.objects.create(
    application_uri="com.example/{robot}", name={robot!r}, access_tokens_policy=AccessTokensPolicy.AUTHENTICATED_USERS,
    scopes=["read", "update"], system_user=robot,
)
"""


@pytest.mark.parametrize("javascript", [True, False])
def test_a_job_of_a_leaver_is_moved_to_an_application_token(
    open_visit: Open, service: Service, width: int, javascript: bool
) -> None:
    robot, name = service.unused("robot"), service.unused("Lou ")
    service.shell(READY.format(robot=robot))
    person = service.person("lou", "--name", name)
    app = f"com.example/{robot}"
    token = service.token("--user", person, "--description", "Nightly job", "--application", app)
    assert service.holder_of(token) == person
    visit = open_visit(width=width, javascript=javascript)
    page = visit.page
    visit.sign_in(service.person("lead", "--administrator"), to=f"{USERS}?q={person}")
    page.get_by_role("link", name=name, exact=True).click()
    visit.reload_until(page.get_by_role("main"), "Hand over 1 token")
    page.get_by_role("link", name="Deactivate", exact=True).click()
    expect(visit.box).to_contain_text("1 token still runs something: hand it over first.")
    visit.box.get_by_role("link", name="Hand over 1 token").click()
    expect(page.get_by_role("heading", name=re.compile("Hand over the tokens of"))).to_be_visible()
    address = page.url
    if javascript:
        visit.check()
    visit.row("Nightly job").get_by_role("link", name="Create application token").click()
    expect(page.get_by_label("Description")).to_have_value("Nightly job")
    page.get_by_role("button", name="Generate token").click()
    assert service.holder_of(visit.plain_text()) == robot
    page.get_by_role("link", name="I have stored it").click()
    expect(page).to_have_url(address)
    expect(visit.row("Nightly job")).to_contain_text("Beside it")
    if javascript:
        visit.check()
