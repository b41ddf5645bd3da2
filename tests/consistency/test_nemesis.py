"""What is done to the machines is done to somebody, and counted only then."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tests.consistency.clocks import Clock
from tests.consistency.machines import Instance, Machine
from tests.consistency.nemesis import Nemesis, end_connections, freeze_database, kill
from tests.postgresql import free_port

pytestmark = pytest.mark.once

# A server whose one process takes a moment to come.
SLOW = """
import subprocess, time
time.sleep(0.3)
subprocess.Popen(["sleep", "60"]).wait()
"""


def test_val2_a_process_is_killed_once_one_is_there(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SLOW]) as server:
        machine = Machine("one", 0, server, Clock(tmp_path))
        kill(Instance("SQLite", None, [machine]), Random(1))  # type: ignore[arg-type]
        assert server.wait(timeout=30) == 0


@pytest.mark.parametrize("fault", [end_connections, freeze_database])
def test_val2_a_fault_that_finds_nobody_is_not_counted(fault: object) -> None:
    nowhere = f"postgres://tokens@127.0.0.1:{free_port()}/postgres"
    nemesis = Nemesis(Instance("PostgreSQL", None, [], primary=nowhere), seed=1)  # type: ignore[arg-type]
    nemesis.do(fault)  # type: ignore[arg-type]
    assert not nemesis.done
