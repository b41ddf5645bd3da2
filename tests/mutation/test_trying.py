"""A mutant is killed by a test that knows better, and by nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.command_line import BASE_DIR, KEPT, SECONDS
from tests.mutation.copies import FAILED, Ending, ending_by

pytestmark = pytest.mark.once


def test_code_as_it_is_survives_tests_of_two_files_and_a_change_is_killed_by_the_one_that_knows() -> None:
    """The first file's tests are the quicker ones, and one of them lays the database."""
    assert left_by("first.py", "second.py") == ["unchanged", "refused"]


def test_what_the_second_file_alone_knows_is_left_by_the_first() -> None:
    assert left_by("first.py") == ["unchanged", "right for two alone", "refused"]


def test_tests_that_fail_with_nothing_changed_kill_nothing() -> None:
    """One of them leans on another, which takes longer, and is run after it."""
    output = toy("first.py", "unsound.py")
    assert "of 3 tests, in this order, one fails with nothing changed" in output
    assert "unsound.py::test_that_takes_what_was_laid, call: " in output
    assert json.loads(output.splitlines()[-1]) == {"tried": 0, "left": []}


@pytest.mark.parametrize(
    ("status", "ending"),
    [
        (0, Ending.SURVIVED),
        (FAILED << 8, Ending.KILLED),
        (2 << 8, Ending.UNFIT),
        (3 << 8, Ending.UNDECIDED),
        (9, Ending.UNDECIDED),
        (14, Ending.ENDLESS),
        (27, Ending.ENDLESS),
    ],
    ids=["passed", "failed", "refused", "broken", "SIGKILL", "SIGALRM", "SIGPROF"],
)
def test_a_copy_that_the_system_ends_decides_nothing(status: int, ending: Ending) -> None:
    assert ending_by(status) is ending


def left_by(*files: str) -> list[str]:
    """The changes that these files of tests leave, of all of them."""
    said = json.loads(toy(*files).splitlines()[-1])
    assert said["tried"] == 4
    left: list[str] = said["left"]
    return left


def toy(*files: str) -> str:
    """What `python -m tests.mutation.toy` prints."""
    environment = {name: value for name, value in os.environ.items() if name in KEPT}
    command = [sys.executable, "-m", "tests.mutation.toy", *files]
    done = subprocess.run(
        command, cwd=BASE_DIR, env=environment, text=True, stdout=-1, stderr=-2, timeout=SECONDS, check=True
    )
    return done.stdout
