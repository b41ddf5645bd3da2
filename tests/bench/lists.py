"""Every list, sort and filter over very many tokens: processor time and SQL statements."""

from __future__ import annotations

from typing import Any

from tests.bench.bars import Finding, at_most
from tests.bench.databases import Database, Place
from tests.bench.inside import measured
from tests.bench.report import Plot, Report, Table
from tests.bench.sizes import Sizes

HEAD = ("page", "ms", "database ms", "SQL statements", "")
MOST_QUERIES = 8
# Milliseconds, by how the name of a page begins.
BARS = {"tokens, search": 100, "tokens": 30, "": 50}


def lists(place: Place, sizes: Sizes) -> Report:
    """On each database."""
    report = Report()
    for database in place.databases(sizes.many):
        report.add(on(database, sizes))
    return report


def bar_of(page: str) -> int:
    return next(bar for begin, bar in BARS.items() if page.startswith(begin))


def on(database: Database, sizes: Sizes) -> Report:
    """On one database; one finding for each kind of page tells of the dearest."""
    found: dict[str, Any] = measured("pages", database)
    rows = [
        (page, f"{cost['process']:,.1f}", f"{cost['database']:,.1f}", str(cost["queries"]), cost["note"])
        for page, cost in found.items()
    ]
    title = f"Lists on {database.vendor}, {sizes.many:,} tokens"
    spent = {page: cost["process"] + cost["database"] for page, cost in found.items()}
    plot = Plot(
        f"lists-{database.vendor.lower()}",
        f"ms of processor time for a page, {database.vendor}",
        list(found),
        {"ms": list(spent.values())},
    )
    return Report(findings(database.vendor, found, spent), [Table(title, HEAD, rows)], [plot])


def findings(vendor: str, found: dict[str, Any], spent: dict[str, float]) -> list[Finding]:
    kinds = {30: "any list of tokens", 100: "any search of tokens", 50: "Home, Users, Trusted Apps, Groups"}
    lines = []
    for bar, kind in kinds.items():
        pages = {page: cost for page, cost in spent.items() if bar_of(page) == bar}
        dearest = max(pages, key=lambda page: pages[page])
        lines.append(at_most(f"{vendor}: {kind} (most: {dearest})", bar, pages[dearest], " ms", 0))
    not_shown = [page for page, cost in found.items() if cost["note"]]
    lines.append(at_most(f"{vendor}: lists that are not shown, or not in time", 0, len(not_shown), "", 0))
    tokens = {page: cost["queries"] for page, cost in found.items() if page.startswith("tokens")}
    most = max(tokens, key=lambda page: tokens[page])
    lines.append(
        at_most(f"{vendor}: SQL statements of any list of tokens (most: {most})", MOST_QUERIES, tokens[most], "", 0)
    )
    return lines
