"""A test whose name differs from process to process is found before the tests are run in several."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line import BASE_DIR

pytestmark = pytest.mark.once

SAME = "import pytest\n@pytest.mark.parametrize('text', ['a', 'b'])\ndef test_it(text): pass\n"
BY_CHANCE = SAME.replace("['a', 'b']", "[__import__('uuid').uuid4().hex]")
IN_ANY_ORDER = SAME.replace("['a', 'b']", "set('abcdefghijkl')")


def compared(folder: Path, text: str) -> tuple[int, str]:
    """The exit status for a file of tests that says this, and what was printed."""
    (folder / "test_it.py").write_text(text)
    command = [sys.executable, "-m", "tests.names", "-p", "no:django", str(folder)]
    ended = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, timeout=120, check=False)
    return ended.returncode, ended.stdout + ended.stderr


def test_the_same_names_in_every_process_are_none_to_speak_of(tmp_path: Path) -> None:
    assert compared(tmp_path, SAME) == (0, "")


@pytest.mark.parametrize("text", [BY_CHANCE, IN_ANY_ORDER], ids=["by chance", "in any order"])
def test_names_that_differ_are_printed(tmp_path: Path, text: str) -> None:
    status, printed = compared(tmp_path, text)
    assert status == 1
    # Before the file pytest names the folder, as it lies to the one that it takes for the root.
    one, other = printed.splitlines()[0].removesuffix(" in another process").split(" is ")
    assert "test_it.py::test_it[" in one
    assert "test_it.py::test_it[" in other


def test_what_cannot_be_collected_is_said(tmp_path: Path) -> None:
    status, printed = compared(tmp_path, "import nothing_of_that_name")
    assert status == 1
    assert "nothing_of_that_name" in printed
