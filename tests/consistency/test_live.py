"""A history of the service as it is, over two processes on SQLite, while they are killed and stopped.

It takes a minute and a file system of its own: only the long run has it, as `make consistency` has.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.consistency.machines import on_sqlite
from tests.consistency.run import Wanted, run
from tests.long_runs import IS_LONG

pytestmark = [
    pytest.mark.once,
    pytest.mark.long_run,
    pytest.mark.skipif(not IS_LONG, reason="set LONG=1: a minute of two processors"),
]


def test_val2_some_order_explains_every_answer_of_two_processes(tmp_path: Path) -> None:
    with on_sqlite(tmp_path) as instance:
        outcome = run(instance, Wanted(operations=900, seed=17))
    assert outcome.anomalies == []
    assert outcome.undecided == 0
    # A world that was too much as a whole may be so by chance; that each is, would leave the order of tokens untried.
    assert outcome.by_token < outcome.worlds
    assert outcome.operations >= 900
