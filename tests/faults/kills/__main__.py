"""`LONG=1 python -m tests.faults.kills`: kills on both databases, and writes docs/reliability.md.

With `MINUTES=10` it begins no further round after so many minutes, where the machine has other work.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tests import postgresql
from tests.__main__ import KEYS
from tests.command_line import BASE_DIR
from tests.long_runs import IS_LONG

DOCUMENT = BASE_DIR / "docs" / "reliability.md"
BEGIN, END = "<!-- killed -->\n", "<!-- end of killed -->\n"


def main() -> None:
    """Raises `CalledProcessError` where anything was lost, on one of the databases; its test says what."""
    with a_postgresql() as url, ThreadPoolExecutor() as pool:
        settings = {"SQLite": {}, "PostgreSQL": {"DATABASE_URL": url, **KEYS}}
        told = dict(zip(settings, pool.map(tried_on, settings.values()), strict=True))
    minutes = f"MINUTES={os.environ['MINUTES']} " if "MINUTES" in os.environ else ""
    command = f"{'LONG=1 ' if IS_LONG else ''}{minutes}python -m tests.faults.kills"
    where = f"{platform.machine()}, Linux {platform.release()}, Python {platform.python_version()}"
    lines = [f"Measured on {datetime.now(UTC):%Y-%m-%d} with `{command}` on {where}.", ""]
    lines += [f"- {name}: {summed(each)}" for name, each in told.items()]
    print("\n".join(lines))
    head, begin, rest = DOCUMENT.read_text().partition(BEGIN)
    _before, end, tail = rest.partition(END)
    DOCUMENT.write_text("".join([head, begin, "\n", "\n".join([*lines, "", *table(told)]), "\n\n", end, tail]))


@contextmanager
def a_postgresql() -> Iterator[str]:
    """The address of a PostgreSQL of our own."""
    folder = postgresql.programs()
    assert folder, "PostgreSQL's server programs are not installed"
    with postgresql.server(folder) as url:
        yield url


def tried_on(settings: dict[str, str]) -> dict[str, Any]:
    """What the test tells of its rounds."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "told.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-n0", "-o", "junit_family=xunit1", f"--junitxml={file}"]
        environment = {**os.environ, "DATA_DIR": folder, **settings}
        subprocess.run([*command, "tests/faults/kills"], cwd=BASE_DIR, env=environment, check=True)
        [told] = ElementTree.parse(file).iterfind(".//property[@name='told']")
        return dict(json.loads(told.attrib["value"]))


def summed(told: dict[str, Any]) -> str:
    """All of a run in words."""
    killed = sum(tried for tried, _done in told["rounds"].values())
    answers = {int(status): number for status, number in told["validations"].items()}
    unknown = f"{answers.get(0, 0):,} cut off by a kill, {answers.get(503, 0):,} answered 503"
    validated = f"{sum(answers.values()):,} validations meanwhile, {unknown} and none wrong"
    return (
        f"{killed} processes killed, {told['tokens']:,} tokens issued; lost: nothing, revived: nothing, done by half: "
        f"nothing; {validated}; the audit log verifies"
    )


def table(told: dict[str, dict[str, Any]]) -> list[str]:
    """Of each act and mark, how many of the killed had done it."""
    lines = [f"| killed in; where | {' | '.join(told)} |", f"|---|{'---|' * len(told)}"]
    for name in next(iter(told.values()))["rounds"]:
        pairs = (each["rounds"][name] for each in told.values())
        outcomes = " | ".join(f"{done} of {tried} whole, {tried - done} not at all" for tried, done in pairs)
        lines.append(f"| {name} | {outcomes} |")
    return lines


if __name__ == "__main__":
    main()
