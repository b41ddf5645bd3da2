"""A webhook from its first form to its last message, in a browser, with a receiver that verifies what it is told."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.receiver import receiver
from tests.reference_tokens.webhooks.messages import is_signed
from tests.service import Service

pytestmark = pytest.mark.once

WEBHOOKS = "/manage/security/webhooks/"


def test_t75_an_administrator_adds_a_webhook_and_tries_it(open_visit: Open, service: Service, width: int) -> None:
    name = service.unused("Chat")
    visit = open_visit(width=width)
    page = visit.page
    visit.sign_in(service.person("hugo", "--administrator"), to=WEBHOOKS)
    visit.check()
    page.get_by_role("link", name="Add webhook").first.click()
    visit.check()
    with receiver() as running:
        page.get_by_label("Address").fill(running.url)
        page.get_by_label("Description").fill(name)
        page.get_by_label("token.issued").uncheck()
        page.get_by_role("button", name="Add webhook").click()
        secret = page.locator("[data-secret]").inner_text()
        visit.check()
        page.get_by_role("link", name="I have stored it").click()
        page.get_by_role("button", name="Send a test").click()
        expect(page.get_by_text("A test is on its way.")).to_be_visible()
        visit.reload_until(page.get_by_role("main"), "answered 204")
        visit.check()
        page.get_by_role("link", name="webhook.test").click()
        visit.check()
        # What tests before this one did may be told too.
        told = [request for request in running.requests if b'"webhook.test"' in request.body]
        assert [is_signed(request, secret) for request in told] == [True]
    page.get_by_role("link", name=name).click()
    page.get_by_role("link", name="Pause").click()
    visit.box.get_by_role("button", name="Pause webhook").click()
    expect(page.get_by_text("This webhook is paused")).to_be_visible()
    expect(page.get_by_role("button", name="Send a test")).to_be_disabled()
    visit.check()
    page.get_by_role("link", name="Delete").click()
    visit.box.get_by_role("button", name="Delete webhook").click()
    expect(page.get_by_text("The webhook was deleted.")).to_be_visible()
