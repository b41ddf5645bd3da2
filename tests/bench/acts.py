"""Acts on very many tokens, with validations going on beside the longest."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from random import Random

from tests.bench import client
from tests.bench import contestants as who
from tests.bench.bars import Finding, at_least, at_most
from tests.bench.databases import FOLDER, Database, Place, copied
from tests.bench.inside import measured, result_of, started
from tests.bench.report import Report
from tests.bench.servers import serving
from tests.bench.sizes import Sizes

CLIENTS = 4
ISSUED_PER_CLIENT = 500


def acts(place: Place, sizes: Sizes) -> Report:
    """On each database; SQLite's is copied, since it stays."""
    report = Report()
    for database in place.databases(sizes.many):
        with ExitStack() as stack:
            changed = stack.enter_context(copied(database)) if database.vendor == "SQLite" else database
            report.findings += on(changed, sizes)
    return report


def on(database: Database, sizes: Sizes) -> list[Finding]:
    """In an order in which none spoils the next."""
    vendor = database.vendor
    impact, export = measured("impact", database), measured("export", database, sizes.exported)
    rate = issuing(database)
    revoked, slowest = revoking(database, sizes)
    housekeeping = measured("housekeeping", database)
    return [
        at_most(f"{vendor}: revoking {revoked['count']:,} tokens", 10, revoked["seconds"], " s", 1),
        at_most(f"{vendor}: the slowest validation meanwhile", 0.25, slowest, " s"),
        at_most(
            f"{vendor}: what a change would do to an application with {impact['count']:,} tokens",
            2,
            impact["seconds"],
            " s",
            1,
        ),
        at_most(f"{vendor}: housekeeping, the first run", 30, housekeeping["first"], " s", 1),
        at_most(f"{vendor}: housekeeping, the next", 30, housekeeping["next"], " s", 1),
        at_least(f"{vendor}: issuing with {CLIENTS} clients", 500 if vendor == "SQLite" else 700, rate, "/s", 0),
        at_most(
            f"{vendor}: memory that exporting {export['rows']:,} tokens adds", 16, export["grown_megabytes"], " MB", 0
        ),
    ]


def issuing(database: Database) -> float:
    """Tokens issued in a second by processes side by side, from the first's start to the last's end."""
    processes = [started("issue", database, ISSUED_PER_CLIENT, number) for number in range(CLIENTS)]
    found = [result_of(process) for process in processes]
    first, last = min(one["started"] for one in found), max(one["ended"] for one in found)
    return float(CLIENTS * ISSUED_PER_CLIENT / (last - first))


def revoking(database: Database, sizes: Sizes) -> tuple[dict[str, float], float]:
    """What revoking took, and the seconds of the slowest validation of a token that is not revoked by it."""
    contestant = replace(who.ours(database)[0], expected=b'"active"')
    latencies: list[float] = []
    over = threading.Event()
    with serving(contestant.configuration, contestant.environment, FOLDER / "logs" / "acts.log") as server:

        def validate() -> None:
            draw = Random(12)
            while not over.is_set():
                requests = [contestant.request(token) for token in draw.choices(database.tokens, k=20)]
                latencies.extend(client.load(server.port, requests, contestant.expected, connections=2).latencies)
                time.sleep(0.1)

        beside = threading.Thread(target=validate)
        beside.start()
        try:
            found = measured("revoke", database, sizes.revoked)
        finally:
            over.set()
            beside.join()
    return found, max(latencies)
