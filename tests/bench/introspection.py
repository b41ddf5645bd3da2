"""Validation beside the peers: processor time for a request, on SQLite and on PostgreSQL."""

from __future__ import annotations

from tests.bench import contestants as who
from tests.bench.bars import Finding, at_least, at_most
from tests.bench.client import CONNECTIONS
from tests.bench.databases import Database, Place
from tests.bench.report import Plot, Report, Table
from tests.bench.rounds import Background, Measured, Rounds, rounds_of
from tests.bench.sizes import Sizes

HEAD = ("", "µs", "database µs", "of a bare view", "requests/s", "p50 ms", "p99 ms")
# So that nearly every token of some was asked about; and so that a batch holds many uses.
REQUESTS_OF_EACH, REQUESTS_IN_A_BATCH = 5, 8
OURS = (who.INTROSPECTION, who.FORWARD_AUTH, who.ME)


def introspection(place: Place, sizes: Sizes) -> Report:
    """The service and its peers over the same tokens, in turns, on each database."""
    report = Report()
    for database in place.databases(sizes.tokens):
        report.add(on(database, sizes))
    return report


def on(database: Database, sizes: Sizes) -> Report:
    """On one database."""
    measured_ones = [*who.ours(database), *who.limits(database)]
    if sizes.with_peers:
        measured_ones += who.peers(database, sizes.tokens)
    with rounds_of(database, measured_ones) as rounds:
        rounds.run(sizes.rounds, sizes.requests)
        fresh, known = backgrounds(rounds, sizes)
    found = rounds.measured
    table = Table(
        f"Validation on {database.vendor}, {sizes.tokens:,} tokens, {CONNECTIONS} connections",
        HEAD,
        rows(found, fresh, known),
    )
    findings = compared(found, fresh, database.vendor)
    findings += [
        at_most(f"{database.vendor}: background of a token that is not yet in the batch", 60, fresh.both, " µs", 0),
        at_most(f"{database.vendor}: background of one that is", 1, known.both, " µs"),
    ]
    return Report(findings, [table], [plot(found, database.vendor)])


def backgrounds(rounds: Rounds, sizes: Sizes) -> tuple[Background, Background]:
    """What storing a use takes: of a token that no batch holds yet, and of one that is in it already.

    A token's first use of all makes its row, once: those asked about have all been used. The second is what a batch
    takes however many uses it has, some milliseconds every five seconds; so it needs many requests.
    """
    introspection = next(one for one in rounds.servers if one.name == who.INTROSPECTION)
    count, seconds = sizes.rounds * sizes.requests, sizes.flush_seconds
    tokens = rounds.database.tokens[:count]
    rounds.load(introspection, REQUESTS_OF_EACH * count, tokens)
    fresh = rounds.background(introspection, count, tokens, seconds)
    return fresh, rounds.background(introspection, REQUESTS_IN_A_BATCH * count, tokens[:1], seconds)


def compared(found: dict[str, Measured], fresh: Background, vendor: str) -> list[Finding]:
    """The ratios that have a bar; more is better."""
    own, forward, bare = (found[name].with_database for name in (who.INTROSPECTION, who.FORWARD_AUTH, who.BARE))
    is_sqlite = vendor == "SQLite"
    usual = found[who.BARE_GTHREAD].with_database
    bar, bare_view = 0.68 if is_sqlite else 0.45, "of a bare view on the same server"
    findings = [
        at_least(f"{vendor}: introspection, {bare_view}", bar, bare / own),
        at_least(f"{vendor}: introspection, of a bare view on gunicorn's gthread", bar, usual / own),
    ]
    if is_sqlite:
        findings.append(at_least(f"{vendor}: forward auth, {bare_view}", 0.7, bare / forward))
    if who.TOOLKIT in found:
        toolkit, knox = found[who.TOOLKIT].with_database, found[who.KNOX].with_database
        every = own + fresh.both
        against = f"{vendor}: introspection against"
        findings += [
            at_least(
                f"{against} django-oauth-toolkit, background included", 5 if is_sqlite else 4.5, toolkit / every, " ×"
            ),
            at_least(f"{against} django-oauth-toolkit, without background", 6, toolkit / own, " ×"),
            at_least(f"{against} django-rest-knox", 3, knox / own, " ×"),
        ]
    return findings


def rows(found: dict[str, Measured], fresh: Background, known: Background) -> list[list[str]]:
    bare = found[who.BARE].with_database
    lines = [
        [
            one.name,
            f"{one.microseconds:,.0f}",
            f"{one.database_microseconds:,.0f}",
            f"{bare / one.with_database:.2f}",
            f"{one.per_second:,.0f}",
            f"{one.percentile(0.5):.1f}",
            f"{one.percentile(0.99):.1f}",
        ]
        for one in sorted(found.values(), key=lambda one: one.with_database)
    ]
    for name, cost in (("background, a token not in the batch", fresh), ("background, one that is", known)):
        lines.append([name, f"{cost.process:,.1f}", f"{cost.database:,.1f}", "", "", "", ""])
    return lines


def plot(found: dict[str, Measured], vendor: str) -> Plot:
    """The microseconds of each, of the process and of the database."""
    shown = sorted(found.values(), key=lambda one: one.with_database)
    series = {"process": [round(one.microseconds) for one in shown]}
    if vendor == "PostgreSQL":
        series["database"] = [round(one.database_microseconds) for one in shown]
    return Plot(
        f"validation-{vendor.lower()}",
        f"µs of processor time for a validation, {vendor}",
        [one.name for one in shown],
        dict(series),
    )
