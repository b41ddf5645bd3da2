"""`python -m tests.scanners [SCANNER …]`, as root: what scanners say of the product in production, behind TLS.

It all runs in a network of its own, where nothing but the instance is, so that no scanner reaches anything else. Each
that is installed looks as a stranger, a person, an administrator and a program; what it says is a line each, and what
the instance went through meanwhile stands in the table at the end. The exit status tells nothing: people judge.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests import programs
from tests.bench.report import Table
from tests.command_line import BASE_DIR
from tests.postgresql import kept_port
from tests.scanners.instance import ADMINISTRATOR, PERSON, Instance, instance
from tests.scanners.tools import SCANNERS, Scan, Visitor
from tests.scanners.watching import Watch, watched
from tests.site_proxies import HOST, proxy

# Loopback alone, and the name of the instance there.
ALONE = """
ip link set lo up
hosts=$(mktemp)
printf '127.0.0.1 localhost %s\\n' "$1" >"$hosts"
mount --bind "$hosts" /etc/hosts
rm "$hosts"
shift
exec "$@"
"""
HEAD = (
    "scanner",
    "as",
    "requests",
    "findings",
    "5xx",
    "faults",
    "slowest",
    "MB",
    "mails",
    "ended of others",
    "seconds",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.scanners", description=__doc__)
    parser.add_argument("scanners", nargs="*", metavar="SCANNER", help=", ".join(SCANNERS))
    parser.add_argument("--seconds", type=int, default=300, help="the longest that one scan takes (300)")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if unknown := set(given.scanners) - set(SCANNERS):
        parser.error(f"no such scanner: {', '.join(sorted(unknown))}")
    if not given.alone:
        again = [sys.executable, "-m", "tests.scanners", "--alone", *sys.argv[1:]]
        os.execvp("unshare", ["unshare", "--net", "--mount", "sh", "-euc", ALONE, "sh", HOST, *again])
    with tempfile.TemporaryDirectory() as name, instance(Path(name)) as served:
        # PostgreSQL and nginx have other users.
        rows: list[tuple[str, ...]] = []
        try:
            rows.extend(scanned(served, given.scanners or list(SCANNERS), given.seconds))
        finally:
            print(Table("Scans", HEAD, rows).text(), flush=True)
    return 0


def scanned(served: Instance, names: list[str], seconds: int) -> Iterator[tuple[str, ...]]:
    """A row of the table for each scan; what was found is printed as it comes."""
    for name in names:
        scan, called, visitors = SCANNERS[name]
        if not any(programs.found(program) for program in called):
            print(f"{name} is not installed", flush=True)
            continue
        for who in visitors:
            folder = served.folder / f"{name}-{who}"
            folder.mkdir()
            with ExitStack() as stack:
                visitor = arriving(served, who, stack)
                begun, watch = time.monotonic(), stack.enter_context(watched(served))
                findings = findings_of(scan, served, visitor, folder, seconds)
            print(f"\n{name} as {who}", *findings, *watch.faults, *told(watch), sep="\n  ", flush=True)
            keep(folder)
            yield row(name, who, findings, watch, time.monotonic() - begun)


def findings_of(scan: Scan, served: Instance, visitor: Visitor, folder: Path, seconds: int) -> list[str]:
    """What the scan finds; where it cannot be read, that is its one finding, and the other scans keep their figures."""
    try:
        return scan(served, visitor, folder, seconds)
    except Exception as error:  # noqa: BLE001 - a scanner may fail in any way
        return [f"no findings: {type(error).__name__}: {error}"]


def arriving(served: Instance, who: str, stack: ExitStack) -> Visitor:
    """Who asks; a name of a proxy is a stranger who comes through that one."""
    if who in {ADMINISTRATOR, PERSON}:
        return Visitor(who)
    if who in {"person", "administrator"}:
        username = PERSON if who == "person" else ADMINISTRATOR
        return Visitor(who, ("Cookie", served.signed_in(username)))
    if who == "program":
        return Visitor(who, ("Authorization", f"Bearer {served.api_token}"))
    if who in {"caddy", "haproxy", "apache"}:
        port = kept_port()
        stack.enter_context(proxy(who, served.folder / who, port, served.port))
        return Visitor(f"{who}:{port}")
    return Visitor(who)


def told(watch: Watch) -> list[str]:
    """What changed in the instance."""
    statuses = ", ".join(f"{status}: {number}" for status, number in sorted(watch.statuses.items()))
    grown = ", ".join(f"{name} {number:+}" for name, number in watch.grown.items())
    return [f"answers: {statuses}", f"rows: {grown or 'as before'}", *watch.ended]


def row(name: str, who: str, findings: list[str], watch: Watch, seconds: float) -> tuple[str, ...]:
    """One scan in figures."""
    figures = (watch.requests, len(findings), watch.server_errors, len(watch.faults))
    slowest, megabytes = f"{watch.slowest:,.0f} ms", f"{watch.largest / 1024:.0f}"
    rest = (slowest, megabytes, str(watch.mails), str(len(watch.ended)), f"{seconds:.0f}")
    return (name, who, *(f"{figure:,}" for figure in figures), *rest)


def keep(folder: Path) -> None:
    """Copy what the scanner wrote to var/scans, for people who read on."""
    kept = BASE_DIR / "var" / "scans" / folder.name
    shutil.copytree(folder, kept, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.db"))


if __name__ == "__main__":
    sys.exit(main())
