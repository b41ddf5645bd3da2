"""`python -m tests.consistency [sqlite] [postgresql]`: does it to each database, and writes docs/reliability.md.

OPERATIONS says how many on each, LONG=1 means a million; with MINUTES it ends sooner. SEED repeats the choices of
another run. PEACE=1 does no faults, and UNTIL_FOUND=1 ends at the first anomaly and writes nothing.

It ends with 0 where every answer is explained, 1 where one is not, and 3 where no answer is wrong and of some part of
a history it is not decided: more may have happened in it than is looked at.
"""

from __future__ import annotations

import os
import sys
import tempfile
from math import inf
from pathlib import Path
from random import SystemRandom

from tests.consistency.figures import write
from tests.consistency.machines import INSTANCES
from tests.consistency.run import EXPLAINED, FOUND, NOT_DECIDED, Run, Wanted, run
from tests.long_runs import rounds


def main(names: list[str]) -> int:
    """The status that it ends with: that of the worst run."""
    given = {name: os.environ.get(name) for name in ("OPERATIONS", "MINUTES", "SEED", "PEACE", "UNTIL_FOUND")}
    wanted = Wanted(
        operations=int(given["OPERATIONS"] or rounds(20_000, long=1_000_000)),
        seed=int(given["SEED"] or SystemRandom().randrange(1_000_000)),
        seconds=60 * float(given["MINUTES"] or inf),
        stops_at_first=bool(given["UNTIL_FOUND"]),
        is_peaceful=bool(given["PEACE"]),
    )
    print(wanted, flush=True)
    outcomes = [done(name, wanted) for name in names or [*INSTANCES]]
    if not wanted.stops_at_first:
        write(outcomes)
    statuses = {outcome.status for outcome in outcomes}
    return next(status for status in (FOUND, NOT_DECIDED, EXPLAINED) if status in statuses)


def done(name: str, wanted: Wanted) -> Run:
    """The run on one database, which is told."""
    with tempfile.TemporaryDirectory() as folder, INSTANCES[name](Path(folder)) as instance:
        outcome = run(instance, wanted)
        verified = instance.service.commands("verify_audit_log")
        if verified.status:
            outcome.anomalies.append(verified.stderr)
    print(outcome.told(), *outcome.anomalies, sep="\n\n", flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
