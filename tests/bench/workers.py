"""One worker and two: requests in a second, and processor time for each; memory; start."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack

from tests.bench import contestants as who
from tests.bench import cpu
from tests.bench.bars import Finding, at_least, at_most, not_measured
from tests.bench.databases import FOLDER, Database, Place, sqlite
from tests.bench.report import Report, Table
from tests.bench.rounds import rounds_of
from tests.bench.servers import PROJECT, Server, free_port, serving
from tests.bench.sizes import Sizes

SECONDS = 5
# Two workers, and wrk.
CORES = 3
# What wrk runs: a random one of some requests each time.
SCRIPT = """
local tokens = {}
for line in io.lines("%s") do tokens[#tokens + 1] = line end
math.randomseed(12)
wrk.method = "POST"
wrk.headers["Authorization"] = "%s"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
request = function() return wrk.format(nil, "/oauth/introspect", nil, "token=" .. tokens[math.random(#tokens)]) end
"""


def workers(place: Place, sizes: Sizes) -> Report:
    """Two workers against one, on each database; memory and start on SQLite."""
    report = Report()
    for database in place.databases(sizes.tokens):
        report.add(throughput(database, sizes))
    report.findings += [*memory(sqlite(sizes.tokens), sizes), start(sqlite(sizes.tokens))]
    return report


def throughput(database: Database, sizes: Sizes) -> Report:
    """The medians of turns.

    Two workers and wrk want three cores. Where there are fewer, it is by the processor time for a request that two
    workers are held against one: had each a core, nothing that they share would slow them down.
    """
    what = f"{database.vendor}: two workers against one"
    if not shutil.which("wrk"):
        return Report([not_measured(what, "wrk is not installed")])
    rates: dict[int, list[float]] = {1: [], 2: []}
    costs: dict[int, list[float]] = {1: [], 2: []}
    contestant = who.ours(database)[0]
    script = FOLDER / "introspect.lua"
    script.write_text(SCRIPT % (database.folder / "tokens", who.basic(*database.server)))
    with ExitStack() as stack:
        servers = {}
        for count in rates:
            values = contestant.environment | {"WORKERS": str(count)}
            log = FOLDER / "logs" / f"workers-{count}.log"
            servers[count] = stack.enter_context(serving(contestant.configuration, values, log))
        for _ in range(sizes.rounds):
            for count, server in servers.items():
                before = server.cpu()[0]
                rates[count].append(requests_per_second(server, str(script)))
                costs[count].append((server.cpu()[0] - before) / SECONDS / rates[count][-1])
    (one, two), (cost_of_one, cost_of_two) = (map(statistics.median, each.values()) for each in (rates, costs))
    rows = [("1", f"{one:,.0f}", f"{cost_of_one * 1e6:,.0f}"), ("2", f"{two:,.0f}", f"{cost_of_two * 1e6:,.0f}")]
    head = ("workers", "requests/s", "µs of the processor for one")
    cores = os.cpu_count() or 1
    table = Table(f"Workers on {database.vendor}, {cores} cores, wrk beside them", head, rows)
    if cores < CORES:
        return Report([at_least(f"{what}, by processor time", 1.8, 2 * cost_of_one / cost_of_two, " ×")], [table])
    return Report([at_least(what, 1.8, two / one, " ×")], [table])


def requests_per_second(server: Server, script: str) -> float:
    """What wrk counts; raises `RuntimeError` where an answer was no success."""
    command = ["wrk", "-t1", "-c16", f"-d{SECONDS}s", "-s", script, f"http://127.0.0.1:{server.port}"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", printed)
    if found is None or "Non-2xx" in printed:
        raise RuntimeError(printed)
    return float(found[1])


def memory(database: Database, sizes: Sizes) -> list[Finding]:
    """Of a worker: after the start, and after very many requests."""
    contestant = who.ours(database)[0]
    with rounds_of(database, [contestant]) as rounds:
        server = rounds.servers[contestant]
        before = max(map(cpu.resident_megabytes, server.workers()))
        for _ in range(max(sizes.long_run // 5_000, 1)):
            rounds.measure(contestant, 5_000)
        after = max(map(cpu.resident_megabytes, server.workers()))
    return [
        at_most("memory of a worker at the start", 80, before, " MB", 0),
        at_most(f"memory of a worker after {sizes.long_run:,} requests", 80, after, " MB", 0),
    ]


def start(database: Database) -> Finding:
    """What `make run` does where all is set up, to the first answer."""
    contestant = who.ours(database)[0]
    started = time.perf_counter()
    settings = {"PATH": os.environ["PATH"], "PORT": str(free_port())} | contestant.environment
    command = [sys.executable, "-m", "tokens_project.preparation"]
    subprocess.run(command, cwd=PROJECT, env=settings, check=True, stdout=subprocess.DEVNULL)
    with serving(contestant.configuration, contestant.environment, FOLDER / "logs" / "start.log"):
        seconds = time.perf_counter() - started
    return at_most("start to the first answer, all being set up", 3, seconds, " s", 1)
