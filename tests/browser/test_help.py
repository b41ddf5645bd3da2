"""The help, read by somebody who is not signed in: what holds everywhere holds for it too."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.languages import overflows
from tests.browser.visit import Visit

pytestmark = pytest.mark.once

# The contents, a page with code, the one with tables and the most paragraphs, and what a search finds.
PATHS = ("/help/", "/help/use-a-token/", "/help/troubleshooting/", "/help/?q=lost")


def test_the_help_is_read_by_everybody(visit: Visit) -> None:
    found = []
    for path in PATHS:
        visit.page.goto(path)
        expect(visit.page.get_by_role("heading", level=1)).to_be_visible()
        visit.check()
        found += overflows(visit)
    assert found == []
