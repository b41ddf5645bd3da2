"""The pipeline fails with each of its parts: the script itself, in a folder whose parts end as they are told."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line import BASE_DIR

pytestmark = pytest.mark.once

# Without the package manager, which the script would ask for what a machine lacks.
PROGRAMS = ("bash", "dirname", "id", "grep", "sort", "tail", "make", "sh")
DEBIAN = Path("/usr/bin/python3")
ALL_DONE = ["check", "fresh", "test"]


class Pipeline:
    """A folder with the script, and with parts that note that they ran and end as they are told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in (".ci", "tests", "bin"):
            (folder / name).mkdir()
        shutil.copy2(BASE_DIR / ".ci" / "run", folder / ".ci" / "run")
        for program in PROGRAMS:
            found = shutil.which(program)
            assert found
            (folder / "bin" / program).symlink_to(found)
        (folder / "bin" / "python3").symlink_to(sys.executable)

    def run(self, *, check: int = 0, test: int = 0, fails_with: Path | None = None) -> tuple[int, list[str]]:
        """The exit status of the script where its parts end with these, a fresh checkout with this Python with 1.

        And which of the parts ran.
        """
        lines = [
            f"{name}:\n\t@echo {name} >> done; exit {status}\n" for name, status in (("check", check), ("test", test))
        ]
        (self.folder / "Makefile").write_text(".PHONY: check test\n" + "".join(lines))
        smoke = f"import sys\nopen('done', 'a').write('fresh\\n')\nsys.exit(sys.argv[1] == '{fails_with}')\n"
        (self.folder / "tests" / "smoke.py").write_text(smoke)
        ended = subprocess.run(
            [self.folder / ".ci" / "run"],
            env={"PATH": str(self.folder / "bin"), "HOME": str(self.folder)},
            capture_output=True,
            timeout=60,
            check=False,
        )
        return ended.returncode, sorted(set((self.folder / "done").read_text().split()))


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    return Pipeline(tmp_path)


def test_pipeline_succeeds_where_every_part_does(pipeline: Pipeline) -> None:
    assert pipeline.run() == (0, ALL_DONE)


def test_pipeline_fails_with_the_checks_and_waits_for_the_fresh_checkouts_first(pipeline: Pipeline) -> None:
    status, done = pipeline.run(check=1)
    assert status
    assert done == ["check", "fresh"]


@pytest.mark.parametrize("place", ["first", "last"])
def test_pipeline_fails_where_a_fresh_checkout_with_any_python_does(pipeline: Pipeline, place: str) -> None:
    pythons = sorted(python for python in (pipeline.folder / "bin" / "python3", DEBIAN) if python.exists())
    status, done = pipeline.run(fails_with=pythons[0 if place == "first" else -1])
    assert status
    assert done == ["check", "fresh"]


def test_pipeline_fails_with_the_tests(pipeline: Pipeline) -> None:
    status, done = pipeline.run(test=1)
    assert status
    assert done == ALL_DONE
