"""`python -m tests.audit_ui [PART …]`: measures the interface; the exit status is 1 where a bar is missed."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests import programs
from tests.audit_ui.accessibility import accessibility
from tests.audit_ui.clicks import clicks
from tests.audit_ui.languages import languages
from tests.audit_ui.layout import layout
from tests.audit_ui.lighthouse import lighthouse
from tests.audit_ui.weight import weight
from tests.bench.bars import Finding
from tests.bench.report import findings_table
from tests.browser.visit import ARGUMENTS
from tests.large_instance import Large, large_instance

PARTS: dict[str, Callable[[Browser, Large], Iterator[Finding]]] = {
    "clicks": clicks,
    "layout": layout,
    "languages": languages,
    "weight": weight,
    "accessibility": accessibility,
    "lighthouse": lighthouse,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.audit_ui", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parts = parser.parse_args().parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    findings: list[Finding] = []
    with tempfile.TemporaryDirectory() as data, large_instance(Path(data)) as large, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=programs.chromium(), args=ARGUMENTS)
        for part in parts:
            print(f"{part} …", flush=True)
            findings += PARTS[part](browser, large)
        browser.close()
    # What falls short comes last, where it is seen.
    findings.sort(key=lambda finding: finding.holds is False)
    print(findings_table(findings).text())
    return int(any(finding.holds is False for finding in findings))


if __name__ == "__main__":
    sys.exit(main())
