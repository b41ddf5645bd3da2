"""A short history of the service as it is, over two processes on SQLite, while they are killed and stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.consistency.machines import on_sqlite
from tests.consistency.run import Wanted, run
from tests.long_runs import rounds

pytestmark = [pytest.mark.once, pytest.mark.long_run]


def test_val2_some_order_explains_every_answer_of_two_processes(tmp_path: Path) -> None:
    with on_sqlite(tmp_path) as instance:
        outcome = run(instance, Wanted(operations=rounds(300, long=20_000), seed=17))
    assert outcome.anomalies == []
    assert outcome.operations >= 300
