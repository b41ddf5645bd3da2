"""What axe finds, and what the console says."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Browser

from tests.audit_ui.places import NARROW, WIDE, pages, signed_in
from tests.bench.bars import Finding, at_most
from tests.browser.visit import COLOUR_RULES, STANDARDS
from tests.large_instance import Large


def accessibility(browser: Browser, large: Large) -> Iterator[Finding]:
    """Every page, light and dark, wide and narrow."""
    violations: list[str] = []
    number = 0
    lines: list[str] = []
    for username, paths in pages(large).items():
        for width in (WIDE, NARROW):
            visit = signed_in(browser, large, username, width)
            for path in paths:
                visit.page.goto(path)
                number += 2
                violations += visit.violations("light", STANDARDS) + visit.violations("dark", COLOUR_RULES, "rule")
            lines += visit.close()
    print(*violations, *lines, sep="\n")
    yield at_most(f"axe on {number} pages and colours: violations", 0, len(violations), digits=0)
    yield at_most("lines in the console", 0, len(lines), digits=0)
