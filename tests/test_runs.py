"""What fails among other tests is tried once more, alone; what fails then has failed."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from tests.runs import ALONE_AT_MOST, Run

pytestmark = pytest.mark.once

STEADY = "def test_steady():\n    pass\n"
# Fails where its file is not there yet, and leaves it.
UNSTEADY = """
import pathlib

def test_unsteady():
    was_here = pathlib.Path(__file__).with_name("was-here")
    existed = was_here.exists()
    was_here.touch()
    assert existed
"""
BROKEN = "def test_broken():\n    assert False\n"


def tried(folder: Path, *tests: str) -> list[str] | None:
    """What a run of files with these tests tells of unsteady ones."""
    for number, text in enumerate(tests):
        (folder / f"test_{number}.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    with ExitStack() as stack:
        output = stack.enter_context(TemporaryFile())
        arguments = ["-c", str(folder / "pytest.ini"), "-p", "no:django", str(folder)]
        found = Run(stack, arguments, 0, {}, output).unsteady()
        output.seek(0)
        assert b"test_" in output.read()
        return found


def test_where_all_pass_nothing_is_tried_again(tmp_path: Path) -> None:
    assert tried(tmp_path, STEADY) == []


def test_what_passes_alone_is_named(tmp_path: Path) -> None:
    assert tried(tmp_path, STEADY, UNSTEADY) == ["test_1.py::test_unsteady"]


def test_what_fails_alone_too_has_failed(tmp_path: Path) -> None:
    assert tried(tmp_path, STEADY, UNSTEADY, BROKEN) is None


def test_where_many_fail_none_is_tried_again(tmp_path: Path) -> None:
    many = [UNSTEADY.replace("was-here", f"was-here-{number}") for number in range(ALONE_AT_MOST + 1)]
    assert tried(tmp_path, *many) is None


def test_a_file_that_cannot_be_read_is_not_tried_again(tmp_path: Path) -> None:
    assert tried(tmp_path, UNSTEADY, "import nothing_that_there_is  # test_\n") is None
