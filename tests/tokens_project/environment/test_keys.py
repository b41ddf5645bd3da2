from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line import BASE_DIR, environment
from tokens_project.environment import BadSetting
from tokens_project.environment.keys import generated_key, is_weak, optional_keys, required_keys

pytestmark = pytest.mark.once

STRONG = "abcdefghijklmnopqrstuvwxyz012345"
OTHER = "543210zyxwvutsrqponmlkjihgfedcba"


def read(value: str, generated_into: Path | None = None) -> list[str]:
    os.environ["NAME"] = value
    try:
        return required_keys("NAME", minimum_length=32, generated_into=generated_into)
    finally:
        del os.environ["NAME"]


def test_tok2_keys_are_read_newest_first() -> None:
    assert read(f"{STRONG}, {OTHER}") == [STRONG, OTHER]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(STRONG[:-1], id="short"),
        pytest.param("a" * 100, id="one character"),
        pytest.param("abcabcabc" * 10, id="few characters"),
        pytest.param("django-insecure-" + STRONG * 3, id="placeholder of Django"),
        pytest.param(f"{STRONG},{OTHER[1:]}", id="second of two"),
    ],
)
def test_t55_weak_key_is_refused_without_being_repeated(value: str) -> None:
    with pytest.raises(BadSetting, match=r"^NAME: too weak: each key needs at least 32 random characters.$"):
        read(value)


def test_tok2_same_key_twice_is_refused() -> None:
    with pytest.raises(BadSetting, match=r"^NAME: the same key stands in it twice.$"):
        read(f"{STRONG},{OTHER},{STRONG}")


@pytest.mark.parametrize("value", ["", "  ", ","])
def test_t55_missing_key_is_refused(value: str) -> None:
    with pytest.raises(BadSetting, match=r"^NAME: set it: a random text of at least 32 characters"):
        read(value)


def test_optional_keys_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NAME", raising=False)
    assert optional_keys("NAME", minimum_length=32) == []


def test_given_key_is_not_written(tmp_path: Path) -> None:
    assert read(STRONG, tmp_path / "key") == [STRONG]
    assert list(tmp_path.iterdir()) == []


def test_run2_generated_key_is_strong_and_stays(tmp_path: Path) -> None:
    (key,) = read("", tmp_path / "folder" / "key")
    assert not is_weak(key, 50)
    assert read("", tmp_path / "folder" / "key") == [key]


def test_run2_key_whose_file_is_missing_is_of_this_process_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAME", "")
    path = tmp_path / "key"
    first, second = (
        required_keys("NAME", minimum_length=50, generated_into=path, missing=[path]) for _process in range(2)
    )
    assert first != second
    assert list(tmp_path.iterdir()) == []


def test_run2_two_generated_keys_differ(tmp_path: Path) -> None:
    assert read("", tmp_path / "one") != read("", tmp_path / "other")


def test_run2_file_of_a_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        read("", tmp_path / "key")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


@pytest.mark.parametrize("content", [b"", b"\n", b"short\n"])
def test_t55_weak_key_in_the_file_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(BadSetting, match=r"^NAME: too weak"):
        read("", tmp_path / "key")
    assert (tmp_path / "key").read_bytes() == content


def test_file_of_a_key_that_cannot_be_read_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary").write_bytes(b"\xff" * 64)
    for path in (tmp_path / "folder", tmp_path / "binary", Path("/dev/null/key")):
        with pytest.raises(BadSetting, match=r"^NAME: its file in DATA_DIR can be neither read nor made.$"):
            read("", path)


class SeenTooEarly(type(Path())):  # type: ignore[misc]
    """A file that another process makes after this one has looked."""

    def exists(self) -> bool:
        return False


def test_run2_process_that_comes_second_reads_the_key_of_the_first(tmp_path: Path) -> None:
    first = generated_key(tmp_path / "key")
    assert generated_key(SeenTooEarly(tmp_path / "key")) == first
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_run2_processes_that_start_together_make_one_key(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from tokens_project.environment.keys import generated_key;"
        "print('ready', flush=True); sys.stdin.readline(); print(generated_key(pathlib.Path(sys.argv[1])))"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "data" / "key")],
            cwd=BASE_DIR,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    keys = [process.communicate(timeout=30)[0].strip() for process in processes]
    assert len(keys[0]) >= 50
    assert set(keys) == {(tmp_path / "data" / "key").read_text().strip()}
    assert len(list((tmp_path / "data").iterdir())) == 1
