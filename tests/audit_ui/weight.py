"""What each page costs on its way to somebody who has never been here."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Browser

from tests.audit_ui.places import pages, signed_in
from tests.bench.bars import Finding, at_most
from tests.browser.visit import FIRST_LOAD
from tests.large_instance import Large


def weight(browser: Browser, large: Large) -> Iterator[Finding]:
    """The bytes over the wire of each page, with everything that it loads."""
    for username, paths in pages(large).items():
        visit = signed_in(browser, large, username)
        for path in paths:
            loaded = sum(visit.first_load(path)) / 1000
            yield at_most(f"{path.replace(large.application, 'ID')}: first load", FIRST_LOAD / 1000, loaded, " kB", 1)
        visit.close()
