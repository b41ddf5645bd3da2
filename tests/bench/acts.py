"""Acts on very many tokens, with validations going on beside the longest."""

from __future__ import annotations

import os
import time
import urllib.request
from contextlib import ExitStack

from tests.bench import contestants as who
from tests.bench import cpu
from tests.bench.bars import Finding, at_least, at_most
from tests.bench.beside import Validations
from tests.bench.databases import FOLDER, Database, Place, copied
from tests.bench.inside import measured, result_of, started
from tests.bench.report import Report
from tests.bench.servers import Server, serving
from tests.bench.sizes import Sizes

CLIENTS = 4
ISSUED_PER_CLIENT = 500
SYNCS = 300
EXPORT = "/manage/security/tokens/export/"


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
    read = [impact_of_change(database), *exports(database, sizes)]
    issued = issuing(database)
    revoked, beside_revoking = revoking(database, sizes)
    what = f"{database.vendor}: revoking {revoked['count']:,} tokens"
    withdrawn = [at_most(what, 10, revoked["seconds"], " s", 1), beside_revoking]
    return [*withdrawn, *read, issued, *housekeeping(database)]


def impact_of_change(database: Database) -> Finding:
    """What the page of a change would take, before anything is changed."""
    found = measured("impact", database)
    what = f"what a change of every rule would do to {found['count']:,} live tokens of an application"
    return at_most(f"{database.vendor}: {what}", 2, found["seconds"], " s", 1)


def housekeeping(database: Database) -> list[Finding]:
    """A run that finds all of its work, and the next."""
    vendor, found = database.vendor, measured("housekeeping", database)
    return [
        at_most(f"{vendor}: housekeeping, the first run", 30, found["first"], " s", 1),
        at_most(f"{vendor}: housekeeping, the next", 30, found["next"], " s", 1),
        at_most(
            f"{vendor}: housekeeping, its longest transaction", 0.2, max(found["first_step"], found["next_step"]), " s"
        ),
    ]


def exports(database: Database, sizes: Sizes) -> list[Finding]:
    """The memory that files of many tokens take, and validations beside one."""
    vendor, written = database.vendor, measured("export", database, sizes.exported)
    exported, beside = exporting(database)
    grown = {
        f"that exporting {written['rows']:,} tokens adds": written["grown_megabytes"],
        f"that a worker needs to send {exported['rows']:,} tokens": exported["grown_megabytes"],
    }
    return [*(at_most(f"{vendor}: memory {what}", 16, most, " MB", 0) for what, most in grown.items()), beside]


def syncs_per_second() -> float:
    """How often in a second this disk says that something written is safe; one act after the other can be no faster."""
    place = FOLDER / "synced"
    with place.open("wb", buffering=0) as file:
        began = time.monotonic()
        for _ in range(SYNCS):
            file.write(bytes(4096))
            os.fsync(file.fileno())
        seconds = time.monotonic() - began
    place.unlink()
    return SYNCS / seconds


def issuing(database: Database) -> Finding:
    """Tokens issued in a second by processes side by side, from the first's start to the last's end."""
    syncs = syncs_per_second()
    processes = [started("issue", database, ISSUED_PER_CLIENT, number) for number in range(CLIENTS)]
    found = [result_of(process) for process in processes]
    seconds = max(one["ended"] for one in found) - min(one["started"] for one in found)
    what = f"issuing with {CLIENTS} clients (this disk syncs {syncs:,.0f} times in a second)"
    bar = 500 if database.vendor == "SQLite" else 700
    return at_least(f"{database.vendor}: {what}", bar, CLIENTS * ISSUED_PER_CLIENT / seconds, "/s", 0)


def revoking(database: Database, sizes: Sizes) -> tuple[dict[str, float], Finding]:
    """What revoking took, by a process of its own, and validations meanwhile."""
    contestant = who.ours(database)[0]
    with serving(contestant.configuration, contestant.environment, FOLDER / "logs" / "acts.log") as server:
        what = f"{database.vendor}: while {sizes.revoked:,} tokens are revoked"
        validations = Validations(database, contestant, server.port)
        found, finding = validations.beside(what, lambda: measured("revoke", database, sizes.revoked))
    return found, finding


def exporting(database: Database) -> tuple[dict[str, float], Finding]:
    """An administrator fetches the file of all live tokens from the one worker, which validates meanwhile."""
    contestant = who.ours(database)[0]
    fields = measured("administrator", database)
    with serving(contestant.configuration, contestant.environment, FOLDER / "logs" / "acts.log") as server:
        validations = Validations(database, contestant, server.port)
        what = f"{database.vendor}: while all tokens are exported"
        return validations.beside(what, lambda: fetched_export(server, **fields))


def fetched_export(server: Server, cookie: str, body: str) -> dict[str, float]:
    """How many rows the file has, and by how much the worker grew while the last nine tenths were sent."""
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{EXPORT}", body.encode())
    request.add_header("Host", "localhost")
    request.add_header("Cookie", cookie)
    rows, memory = 0, []
    with urllib.request.urlopen(request) as answer:
        while piece := answer.read(1 << 20):
            rows += piece.count(b"\n")
            memory.append(max(map(cpu.resident_megabytes, server.workers())))
    if answer.headers.get_content_type() != "text/csv":
        raise RuntimeError(f"no file, but {answer.url}")
    return {"rows": rows - 1, "grown_megabytes": max(memory) - memory[len(memory) // 10]}
