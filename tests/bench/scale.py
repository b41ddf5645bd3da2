"""Validation from few tokens to very many: it should cost the same."""

from __future__ import annotations

from contextlib import ExitStack

from tests.bench import contestants as who
from tests.bench.bars import at_most
from tests.bench.databases import Database, Place
from tests.bench.report import Plot, Report, Table
from tests.bench.rounds import Measured, rounds_of
from tests.bench.sizes import Sizes

HEAD = ("tokens", "µs", "database µs", "p50 ms", "p99 ms")


def scale(place: Place, sizes: Sizes) -> Report:
    """On each kind of database, the sizes in turns."""
    by_size = [list(place.databases(tokens)) for tokens in sizes.scales]
    report = Report()
    for of_kind in zip(*by_size, strict=True):
        report.add(on(list(of_kind), sizes))
    return report


def on(databases: list[Database], sizes: Sizes) -> Report:
    """One server for each size; one client that waits for each answer, so that a time is one of the service alone."""
    with ExitStack() as stack:
        running = [stack.enter_context(rounds_of(database, who.ours(database)[:1])) for database in databases]
        for _ in range(sizes.rounds):
            for rounds in running:
                rounds.run(1, sizes.requests, connections=1)
        found = [next(iter(rounds.measured.values())) for rounds in running]
    for one, tokens in zip(found, sizes.scales, strict=True):
        one.name = f"{tokens:,}"
    vendor = databases[0].vendor
    ratio = found[-1].percentile(0.99) / found[0].percentile(0.99)
    finding = at_most(
        f"{vendor}: introspection, p99 at {found[-1].name} tokens against {found[0].name}", 1.5, ratio, " ×"
    )
    plot = Plot(
        f"scale-{vendor.lower()}",
        f"µs for an introspection by the number of tokens, {vendor}",
        [one.name for one in found],
        {"process and database": [round(one.with_database) for one in found]},
    )
    return Report(
        [finding],
        [Table(f"Introspection by the number of tokens, {vendor}", HEAD, [row(one) for one in found])],
        [plot],
    )


def row(one: Measured) -> list[str]:
    times = [f"{one.percentile(part):.2f}" for part in (0.5, 0.99)]
    return [one.name, f"{one.microseconds:,.0f}", f"{one.database_microseconds:,.0f}", *times]
