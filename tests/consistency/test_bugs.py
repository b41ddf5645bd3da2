"""The faults that the checker must find are faults of this very code: each patch applies to it as it is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.command_line import BASE_DIR
from tests.consistency.bugs import BUGS

pytestmark = pytest.mark.once


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.stem)
def test_val2_each_seeded_fault_fits_the_code(bug: Path) -> None:
    subprocess.run(["git", "apply", "--check", bug], cwd=BASE_DIR, check=True)


def test_val2_there_are_ten() -> None:
    assert len(BUGS) == 10
