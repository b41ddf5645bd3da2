"""The fence as a file: appended whole or not at all, and told from every other (RUN-5)."""

from __future__ import annotations

import os
import stat
from functools import partial
from pathlib import Path

import pytest

from reference_tokens.fence.file import FenceFile
from reference_tokens.fence.positions import Position
from tests.concurrency import threads

pytestmark = pytest.mark.once


@pytest.fixture
def fence(tmp_path: Path) -> FenceFile:
    return FenceFile(tmp_path / "fence")


def test_run5_lines_are_appended_to_a_file_that_its_user_alone_can_read(fence: FenceFile) -> None:
    assert (fence.end(), list(fence.lines_after(Position()))) == (Position(), [])
    fence.append(["one"])
    behind_one = fence.end()
    fence.append(["two", "three"])
    assert list(fence.lines_after(Position())) == ["one", "two", "three"]
    assert list(fence.lines_after(behind_one)) == ["two", "three"]
    assert stat.S_IMODE(fence.file.stat().st_mode) == 0o600


def test_run5_what_a_crash_left_of_a_line_is_ended(fence: FenceFile) -> None:
    fence.file.write_text("one\ntw")
    fence.append(["three"])
    assert list(fence.lines_after(Position())) == ["one", "tw", "three"]


def test_run5_another_file_is_not_taken_for_the_fence(fence: FenceFile) -> None:
    fence.append([f"line {number}" for number in range(100)])
    place = fence.end()
    assert fence.knows(place)
    assert fence.knows(Position())
    fence.append(["more"])
    assert fence.knows(place)
    text = fence.file.read_bytes()
    fence.file.write_bytes(text.replace(b"line 99", b"line 98"))
    assert not fence.knows(place)
    fence.file.write_bytes(text[: place.place - 1])
    assert not fence.knows(place)
    fence.file.unlink()
    assert not fence.knows(place)


def test_run5_what_is_no_file_takes_nothing() -> None:
    with pytest.raises(OSError, match="is no file"):
        FenceFile(Path("/dev/null")).append(["one"])


def test_run5_where_the_disk_is_full_nothing_is_half_written(fence: FenceFile, monkeypatch: pytest.MonkeyPatch) -> None:
    fence.append(["one"])

    def full(descriptor: int, _text: bytes) -> None:
        os.write(descriptor, b"tw")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("reference_tokens.fence.file.write_all", full)
    with pytest.raises(OSError, match="No space left"):
        fence.append(["two"])
    assert fence.file.read_text() == "one\n"


def test_run5_it_is_said_beside_the_file_that_lines_lack(fence: FenceFile) -> None:
    assert not fence.lacking
    fence.say_that_it_lacks("one")
    fence.say_that_it_lacks("two")
    assert fence.lacking == {"one", "two"}
    fence.say_that_it_lacks_no_more(["one", "never"])
    assert fence.lacking == {"two"}


def test_run5_lines_of_many_at_once_stay_whole(fence: FenceFile) -> None:
    texts = [[f"{writer} {number} {'x' * 200}" for number in range(200)] for writer in range(8)]
    with threads() as start:
        for future in [start(partial(FenceFile(fence.file).append, lines)) for lines in texts]:
            future.result()
    assert sorted(fence.lines_after(Position())) == sorted(line for lines in texts for line in lines)
