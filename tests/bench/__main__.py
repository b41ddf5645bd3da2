"""`python -m tests.bench [--quick | --full] [PART …]`: measures the parts, all by default, and prints one table."""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.bench import document, sizes
from tests.bench.acts import acts
from tests.bench.availability import availability
from tests.bench.bars import not_measured
from tests.bench.databases import FOLDER, Place, postgresql_server
from tests.bench.introspection import introspection
from tests.bench.layers import layers
from tests.bench.lists import lists
from tests.bench.report import Report, findings_table
from tests.bench.scale import scale
from tests.bench.workers import workers

PARTS: dict[str, Callable[[Place, sizes.Sizes], Report]] = {
    "introspection": introspection,
    "scale": scale,
    "workers": workers,
    "availability": availability,
    "layers": layers,
    "lists": lists,
    "acts": acts,
}


@contextmanager
def alone() -> Iterator[None]:
    """For the time of the block no other bench: two would take each other's databases, and time."""
    with (FOLDER / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            sys.exit("Another bench runs. Try again when it is done.")
        yield


# What is not measured here, and where it is held.
ELSEWHERE = (
    not_measured("first page load: at most 40 kB over the wire", "held by tests/browser/test_weight.py"),
    not_measured("`make run` on a fresh checkout: at most 60 s beyond the downloads", "run by tests/smoke.py"),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="few requests and at most 100,000 tokens")
    parser.add_argument("--full", action="store_true", help="many requests and up to 5,000,000 tokens")
    parser.add_argument("--sqlite", action="store_true", help="on SQLite alone")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    size = sizes.QUICK if options.quick else sizes.FULL if options.full else sizes.DEFAULT
    (FOLDER / "logs").mkdir(parents=True, exist_ok=True)
    # Ended like this, it ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_told: sys.exit(1))
    started, busy = time.monotonic(), os.getloadavg()[0]
    report = Report()
    with alone(), postgresql_server() as server:
        place = Place(None if options.sqlite else server)
        if place.postgresql is None:
            report.findings.append(not_measured("PostgreSQL", "left out: its server programs are not at hand"))
        for name in options.parts or PARTS:
            print(f"{name} …", flush=True)
            found = PARTS[name](place, size)
            for table in found.tables:
                print(table.text(), flush=True)
            if found.findings:
                print(findings_table(found.findings).text(), flush=True)
            report.add(found)
    if not options.parts:
        report.findings += ELSEWHERE
        print(findings_table(report.findings).text())
        command = "make bench" + (" QUICK=1" if options.quick else " FULL=1" if options.full else "")
        document.write(report, command, time.monotonic() - started, busy)


if __name__ == "__main__":
    main()
