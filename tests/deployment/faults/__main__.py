"""`python -m tests.deployment.faults`: does it all to a deployment of its own, and writes docs/reliability.md."""

from __future__ import annotations

import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.command_line import BASE_DIR
from tests.deployment.deployed import Deployment, deployed
from tests.deployment.faults.callers import Since, callers_of, entries_that_lack
from tests.deployment.faults.faults import FAULTS
from tests.long_runs import IS_LONG

DOCUMENT = BASE_DIR / "docs" / "reliability.md"
BEGIN = "<!-- measured -->\n"


def main() -> None:
    """Raises `AssertionError` where an answer contradicts another, or an act was half done."""
    with tempfile.TemporaryDirectory() as folder, deployed(Path(folder), API_RATE="0") as deployment:
        lines = [f"| {what} | {came_of_it} |" for what, came_of_it in survived(deployment)]
    command = f"{'LONG=1 ' if IS_LONG else ''}python -m tests.deployment.faults"
    where = f"{platform.machine()}, Linux {platform.release()}, Python {platform.python_version()}"
    measured = f"Measured on {datetime.now(UTC):%Y-%m-%d} with `{command}` on {where}."
    table = "\n".join(["| what was done | what came of it |", "|---|---|", *lines])
    head, begin, _table = DOCUMENT.read_text().partition(BEGIN)
    DOCUMENT.write_text(f"{head}{begin}\n{measured}\n\n{table}\n")


def survived(deployment: Deployment) -> list[tuple[str, str]]:
    """Each fault in words, and what came of it; at the end everything is held against what was told."""
    callers, told = callers_of(deployment), []
    for fault in FAULTS:
        with callers.goes_on():
            came_of_it = fault(deployment, callers)
            Since(callers).wait_until_all_is_well()
        callers.hold_all()
        assert not entries_that_lack(deployment.database)
        told.append(((fault.__doc__ or "").rstrip("."), came_of_it))
        print(*told[-1], sep="\n  ", flush=True)
    verified = deployment.command("verify_audit_log")
    assert verified.status == 0, verified.stderr
    number, ended = len(callers.tokens), sum(seen.has_ended for seen in callers.tokens)
    all_of_it = f"{number:,} tokens issued, {ended:,} revoked: none lost, none revived; the audit log verifies"
    told.append(("At the end", all_of_it))
    return told


if __name__ == "__main__":
    main()
