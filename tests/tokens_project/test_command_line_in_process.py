"""How the command line ends: what a command cannot do is one line, and who stops it is answered as a shell expects."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError

from reference_tokens.token_values.token_format import generate
from tests.command_line import BASE_DIR
from tokens_project import command_line, commands
from tokens_project.environment import BadSetting

pytestmark = pytest.mark.once

Called = Callable[..., str | int | None]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Called:
    """Calls the command line with these words; returns what it ended with, None where it came to its end."""

    # The log would go where this test's standard error goes, for all tests after it.
    monkeypatch.setattr(settings, "LOGGING_CONFIG", None)

    def called(*words: str) -> str | int | None:
        monkeypatch.setattr(sys, "argv", ["reference-tokens", *words])
        with (tmp_path / "out").open("w") as out:
            monkeypatch.setattr(sys, "stdout", out)
            try:
                command_line.main()
            except SystemExit as end:
                return end.code
        return None

    return called


def raises(error: BaseException) -> Callable[..., None]:
    def act(*_arguments: Any) -> None:
        raise error

    return act


def test_it_runs_the_command_that_is_named(call: Called, tmp_path: Path) -> None:
    assert call("help", "--commands") is None
    assert {"serve", "init", "migrate"} <= set((tmp_path / "out").read_text().split())
    assert call("list_tokens", "--help") == 0
    assert "list_tokens" in (tmp_path / "out").read_text()


@pytest.mark.parametrize("words", [["nosuch"], ["nosuch", "--json"], ["help", "nosuch"]])
def test_what_is_no_command_is_wrong_usage(call: Called, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert call(*words) == 2
    assert capsys.readouterr().err == f"Error: there is no command nosuch: {settings.COMMAND} help lists them.\n"


def test_the_command_that_was_probably_meant_is_named(call: Called, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list_token") == 2
    assert capsys.readouterr().err == "Error: there is no command list_token: did you mean list_tokens?\n"


@pytest.mark.parametrize("before", [[], ["help"], ["check"], ["list_tokens"]])
def test_t37_a_secret_in_the_place_of_any_word_is_not_repeated(
    call: Called, capsys: pytest.CaptureFixture[str], before: list[str]
) -> None:
    value = generate()
    assert call(*before, value) == 1
    said = capsys.readouterr().err
    assert (said.startswith("Error: "), said.count("\n"), value in said) == (True, 1, False)


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (BrokenPipeError(), 128 + signal.SIGPIPE),
        (KeyboardInterrupt(), 128 + signal.SIGINT),
        (OSError("the disk is full"), "Error: the disk is full"),
        (OperationalError("it is away"), "Error: the database refused: it is away"),
    ],
    ids=["reader", "person", "system", "database"],
)
def test_each_way_to_end_is_the_one_that_a_shell_expects(
    call: Called, monkeypatch: pytest.MonkeyPatch, error: BaseException, end: str | int
) -> None:
    monkeypatch.setattr(commands.Commands, "execute", raises(error))
    assert call("list_tokens") == end


def test_a_stream_that_is_closed_is_empty_and_closed_output_is_refused(
    call: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as closed:
        closed.setattr(sys, "stdin", None)
        closed.setattr(sys, "stderr", None)
        assert call("nosuch") == 2
        with sys.stdin, sys.stderr:
            assert sys.stdin.readline() == ""
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SystemExit, match="standard output is closed, and nothing was done"):
        command_line.main()


def test_nothing_that_takes_long_is_imported_before_ctrl_c_is_answered() -> None:
    told = "import sys, tokens_project.command_line; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=BASE_DIR)
    imported = set(ended.stdout.split())
    assert {name for name in imported if name.startswith("tokens_project.")} == {"tokens_project.command_line"}
    assert not [name for name in imported if name.partition(".")[0] == "django"]


@pytest.mark.parametrize("error", [OSError("the disk is full"), OperationalError("it is away")], ids=type)
def test_who_asks_for_the_trace_gets_it(call: Called, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.setattr(commands.Commands, "execute", raises(error))
    with pytest.raises(type(error)):
        call("list_tokens", "--traceback")


def test_a_bad_setting_is_told_before_any_command_runs(call: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    class Unread:
        configured = property(raises(BadSetting("PORT: give a whole number.")))

    monkeypatch.setattr("django.conf.settings", Unread())
    assert call("list_tokens") == "PORT: give a whole number."


@pytest.mark.parametrize(("words", "is_given"), [([], False), (["--environment-file", "file"], True)])
def test_init_reads_the_settings_with_fresh_keys_where_it_writes_them_into_a_file(
    call: Called, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str], is_given: bool
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setattr(commands.Commands, "execute", lambda _commands: None)
    monkeypatch.setenv("SECRET_KEY", "given")
    monkeypatch.setenv("TOKEN_HASH_KEYS", "")
    assert call("init", "ada", "--email", "ada@example.com", *words) is None
    assert (os.environ["SECRET_KEY"], len(os.environ["TOKEN_HASH_KEYS"]) > 60) == ("given", is_given)
