"""The figures of the last run on each database, as docs/reliability.md shows them."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime

from tests.command_line import BASE_DIR
from tests.consistency.clocks import COMPILER
from tests.consistency.run import Run
from tests.long_runs import IS_LONG

DOCUMENT = BASE_DIR / "docs" / "reliability.md"
BEGIN, END = "<!-- consistency -->\n", "<!-- end of consistency -->\n"
HEAD = "| on | operations | what was done meanwhile | anomalies | when, by what, on what |\n|---|---|---|---|---|"


def write(outcomes: Iterable[Run]) -> None:
    """Put the rows of these runs in the place of those of the same databases."""
    before, begin, rest = DOCUMENT.read_text().partition(BEGIN)
    table, end, after = rest.partition(END)
    measured = [row for row in table.splitlines() if row.startswith("| ") and not row.startswith("| on")]
    rows = {row.split(" | ")[0]: row for row in measured}
    rows |= {f"| {outcome.kind}": row_of(outcome) for outcome in outcomes}
    DOCUMENT.write_text(f"{before}{begin}\n{HEAD}\n" + "\n".join(sorted(rows.values())) + f"\n\n{end}{after}")


def row_of(outcome: Run) -> str:
    """What was done and found, in one row."""
    faults = "; ".join(f"{name}: {number:,}" for name, number in sorted(outcome.faults.items())) or "nothing"
    left_out = "" if COMPILER else "; clocks not stepped: there is no compiler"
    operations = f"{outcome.operations:,} in {outcome.worlds:,} worlds and {outcome.seconds / 60:.0f} minutes"
    unknown = f"of {outcome.unknown:,} nothing was known"
    by_token = f"; {outcome.by_token:,} worlds judged by token alone" if outcome.by_token else ""
    undecided = f"; {outcome.undecided:,} parts undecided" if outcome.undecided else ""
    anomalies = f"{len(outcome.anomalies):,}{by_token}{undecided}"
    values = [f"{name}={os.environ[name]}" for name in ("OPERATIONS", "MINUTES") if name in os.environ]
    command = " ".join(["make consistency", *(["LONG=1"] if IS_LONG else []), *values])
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release()}"
    where = f"{machine}, Python {platform.python_version()}"
    when = f"{datetime.now(UTC):%Y-%m-%d}, `{command}`, {where}"
    return f"| {outcome.kind} | {operations}; {unknown} | {faults}{left_out} | {anomalies} | {when} |"
