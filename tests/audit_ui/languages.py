"""Whether every page has room for its texts at 360 px: in German, in Bulgarian, and in a language made up for it."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Browser

from tests.audit_ui.places import NARROW, pages, signed_in
from tests.bench.bars import Finding, at_most
from tests.browser.languages import choose_language, overflows
from tests.large_instance import Large

LANGUAGES = ("Deutsch", "Български", "pseudo")


def languages(browser: Browser, large: Large) -> Iterator[Finding]:
    """No page is wider than the screen, and no button cuts off what it says."""
    for language in LANGUAGES:
        found: list[str] = []
        number = 0
        for username, paths in pages(large).items():
            visit = signed_in(browser, large, username, NARROW)
            if language != "pseudo":
                visit.page.goto(paths[0])
                choose_language(visit, language)
            for path in paths:
                visit.page.goto(path)
                found += overflows(visit, pseudo=language == "pseudo")
            number += len(paths)
            if username and language != "pseudo":
                # Who signs in next looks for English words.
                choose_language(visit, "English")
            visit.close()
        print(*found, sep="\n")
        yield at_most(f"{language}: texts without room on {number} pages at 360 px", 0, len(found), digits=0)
