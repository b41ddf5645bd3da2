"""Where the microseconds of one validation go: the server's by a callable that does nothing, the rest by samples."""

from __future__ import annotations

from tests.bench import contestants as who
from tests.bench.databases import Database, Place
from tests.bench.inside import measured
from tests.bench.report import Plot, Report, Table
from tests.bench.rounds import rounds_of
from tests.bench.sizes import Sizes

HEAD = ("where", "µs", "part")
# So many validations are sampled.
SAMPLED = 10_000


def layers(place: Place, sizes: Sizes) -> Report:
    """On each database."""
    report = Report()
    for database in place.databases(sizes.tokens):
        report.add(on(database, sizes))
    return report


def on(database: Database, sizes: Sizes) -> Report:
    """The server alone, then what the application does, by the modules in which the time passes."""
    contestants = [who.ours(database)[0], who.limits(database)[0]]
    with rounds_of(database, contestants) as rounds:
        rounds.run(sizes.rounds, sizes.requests)
    whole, server = (rounds.measured[name].microseconds for name in (who.INTROSPECTION, who.NOOP))
    inside: dict[str, float] = measured("layers", database, database.folder, SAMPLED)
    parts = {"server: reading, framing (a callable that does nothing)": server} | inside
    parts["not told apart (the caches of the processor, among others)"] = whole - sum(parts.values())
    rows = [(name, f"{cost:,.0f}", f"{cost / whole:.0%}") for name, cost in parts.items()]
    title = f"One introspection on {database.vendor}: {whole:,.0f} µs of the server's processes"
    plot = Plot(
        f"layers-{database.vendor.lower()}",
        f"µs of an introspection, {database.vendor}",
        list(parts),
        {"µs": list(parts.values())},
    )
    return Report([], [Table(title, HEAD, rows)], [plot])
