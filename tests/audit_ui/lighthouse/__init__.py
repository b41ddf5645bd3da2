"""Lighthouse, which `make audit-ui` installs from npm beside this Python."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from tests import programs
from tests.audit_ui.places import CREATE, SIGN_IN, lists, signed_in
from tests.bench.bars import Finding, at_least, not_measured
from tests.large_instance import Large

PLACE = Path(sys.prefix) / "lighthouse"
PROGRAM = PLACE / "node_modules" / "lighthouse" / "cli" / "index.js"
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-quic"
BARS = {"accessibility": 100, "best-practices": 100, "seo": 100, "performance": 95}
RUNS = 3


def lighthouse(browser: Browser, large: Large) -> Iterator[Finding]:
    """The median of three runs on each of five pages, as a telephone loads them."""
    if not PROGRAM.exists():
        yield not_measured("Lighthouse", "left out: `make audit-ui` installs it where npm is at hand")
        return
    places = {"sign-in": ("", SIGN_IN), "create": (large.person, CREATE), **lists(large)}
    for name, (username, path) in places.items():
        visit = signed_in(browser, large, username)
        cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in visit.context.cookies())
        visit.close()
        runs = [scores(f"{large.service.address}{path}", cookies) for _ in range(RUNS)]
        for category, bar in BARS.items():
            yield at_least(
                f"Lighthouse, {name}: {category}", bar, statistics.median(run[category] for run in runs), digits=0
            )


def scores(url: str, cookies: str) -> dict[str, float]:
    """What Lighthouse gives the page, by category, of 100."""
    with tempfile.TemporaryDirectory() as folder:
        headers, report = Path(folder, "headers.json"), Path(folder, "report.json")
        headers.write_text(json.dumps({"Cookie": cookies}))
        arguments = [url, "--quiet", f"--chrome-flags={FLAGS}", "--output=json", f"--output-path={report}"]
        arguments += [f"--extra-headers={headers}", f"--only-categories={','.join(BARS)}"]
        command = [str(programs.node()), str(PROGRAM), *arguments]
        environment = os.environ | {"CHROME_PATH": str(programs.chromium())}
        subprocess.run(command, env=environment, check=True, timeout=180)
        found: dict[str, Any] = json.loads(report.read_text())
    for category in found["categories"].values():
        for audit in category["auditRefs"]:
            score = found["audits"][audit["id"]]["score"]
            if audit["weight"] and score is not None and score < 1 and category["id"] != "performance":
                print(f"  {url}: {audit['id']}")
    return {name: round(100 * category["score"]) for name, category in found["categories"].items()}
