"""Long work shows on a terminal how far it has come, and nowhere else."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TextIO

import pytest

from accounts.models import User
from accounts.progress import progress, rows_with_progress, to_nobody
from reference_tokens.models import ReferenceToken
from tests.command_line import STRONG_KEYS, Runner, Terminal, a_terminal, manage, watched
from tests.factories import issued_pat
from tests.postgresql import free_port
from trusted_apps.models import TrustedApplication

OnTerminal = Callable[..., AbstractContextManager[Terminal]]

LONG_WORK = {
    "list_tokens": ([], ["Counting tokens", "Reading tokens", "0/3"]),
    "revoke_tokens": (["--all", "--yes"], ["Counting tokens", "Revoking 3 tokens"]),
    "update_application": (
        ["com.example/excel", "--name", "Excel"],
        ["Changing the application", "Counting tokens that could not be issued any more"],
    ),
    "housekeeping": (
        [],
        [
            "Tokens that expire soon",
            "Mails",
            "What is of no use any more: daily uses",
            "What is of no use any more: notices",
            "Owners whom no mail can reach",
        ],
    ),
    # How many there are grows with the settings.
    "check_settings": ([], ["DATABASE_URL", " 1/", "clock", "OIDC_ISSUER"]),
}
MARKS = pytest.mark.parametrize("name", LONG_WORK)


@pytest.fixture
def tokens(alice: User, application: TrustedApplication) -> None:
    for _number in range(3):
        issued_pat(alice, application)


@pytest.fixture(autouse=True)
def nobody_listens(settings: Any) -> None:
    """Whatever runs on this machine, `check_settings` finds its port free."""
    settings.PORT = free_port()


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch) -> OnTerminal:
    """Standard error of this process is a terminal for the time of the block."""

    @contextmanager
    def on_terminal(encoding: str = "utf-8") -> Iterator[Terminal]:
        with a_terminal() as terminal:
            with os.fdopen(terminal.theirs, "w", encoding=encoding) as stream, monkeypatch.context() as patched:
                patched.setattr(sys, "stderr", stream)
                patched.setattr(sys, "__stderr__", stream)
                yield terminal
            terminal.read_to_the_end()

    return on_terminal


@MARKS
@pytest.mark.usefixtures("tokens")
def test_long_work_is_shown_on_a_terminal_and_erased(command: Runner, on_terminal: OnTerminal, name: str) -> None:
    arguments, expected = LONG_WORK[name]
    with on_terminal() as terminal:
        command(name, *arguments, "--json")
    found = [terminal.words.find(words) for words in expected]
    assert -1 not in found
    assert found == sorted(found)
    assert (terminal.left, terminal.hides_its_cursor) == ("", False)


@MARKS
@pytest.mark.usefixtures("tokens")
def test_nothing_is_shown_in_a_pipe(command: Runner, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    # As the logs of many builders set it, to which no terminal belongs.
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert command(name, *LONG_WORK[name][0]).stderr in {"", "Error: this does not work: DATA_DIR.\n"}


@MARKS
@pytest.mark.usefixtures("tokens")
@pytest.mark.once
def test_nothing_is_shown_where_a_command_is_to_be_quiet(command: Runner, on_terminal: OnTerminal, name: str) -> None:
    with on_terminal() as terminal:
        command(name, *LONG_WORK[name][0], "--verbosity", "0")
    assert "\x1b" not in terminal.written


@pytest.mark.once
def test_a_count_is_shown_with_its_total_and_by_itself_where_none_is_known(on_terminal: OnTerminal) -> None:
    with on_terminal() as terminal, progress() as report:
        assert list(rows_with_progress("abcde", "Letters", report, total=12_345, every=2)) == list("abcde")
    assert "Letters" in terminal.words
    assert "4/12,345" in terminal.words
    with on_terminal() as terminal, progress() as report:
        report("Rows")
        report("Rows", 12_345)
    assert "12,345" in terminal.words
    assert "/12,345" not in terminal.words


@pytest.mark.once
@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_lacks_characters_gets_none_of_them(on_terminal: OnTerminal, encoding: str) -> None:
    with on_terminal(encoding) as terminal, progress() as report:
        report("Schlüssel für …", 1, 2)
    assert "�" not in terminal.written.replace("Schl�ssel f�r", "")
    assert "?" in terminal.words
    assert terminal.left == ""


@pytest.mark.once
def test_names_are_shown_as_they_are(on_terminal: OnTerminal) -> None:
    with on_terminal() as terminal, progress() as report:
        report("[red]Excel[/red]")
    assert "[red]Excel[/red]" in terminal.words


@pytest.mark.once
def test_lines_of_the_log_stand_above_what_is_shown(on_terminal: OnTerminal) -> None:
    with on_terminal() as terminal:
        handler: logging.StreamHandler[TextIO] = logging.StreamHandler(sys.stderr)
        logging.getLogger().addHandler(handler)
        try:
            with progress() as report:
                report("Mails")
                logging.getLogger("tests").warning("one could not be sent")
        finally:
            logging.getLogger().removeHandler(handler)
        assert handler.stream is sys.stderr
    assert "\x1b[2Kone could not be sent" in terminal.written
    assert terminal.left == ""


@pytest.mark.once
def test_results_go_where_they_belong_meanwhile(on_terminal: OnTerminal, capsys: pytest.CaptureFixture[str]) -> None:
    with on_terminal() as terminal, progress() as report:
        report("Rows", 1, 2)
        print("a result")
    assert capsys.readouterr().out == "a result\n"
    assert "a result" not in terminal.words


@pytest.mark.usefixtures("tokens")
@pytest.mark.once
def test_a_refusal_is_told_on_a_clean_line(command: Runner, on_terminal: OnTerminal) -> None:
    with on_terminal() as terminal:
        assert command("revoke_tokens", "--all", "--yes", "--reason", "x" * 201).status == 1
    assert terminal.left == "Error: The reason has more than 200 characters.\r\n"


@pytest.mark.once
def test_work_that_nobody_watches_goes_on_as_it_is() -> None:
    assert list(rows_with_progress("abc", "Letters", to_nobody)) == list("abc")


@pytest.mark.usefixtures("tokens")
def test_a_question_stands_alone(command: Runner, on_terminal: OnTerminal) -> None:
    class Person:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return "yes\n"

    with on_terminal() as terminal:
        assert command("revoke_tokens", "--all", stdin=Person()).status == 0
    assert "\x1b[2KRevoke 3 tokens? This cannot be undone. Type yes: " in terminal.written
    assert terminal.words.index("Type yes: ") < terminal.words.index("Revoking 3 tokens")
    assert not ReferenceToken.objects.filter(revoked_at=None).exists()


@pytest.mark.once
def test_what_draws_is_not_loaded_where_nothing_is_drawn(tmp_path: Path) -> None:
    ended = manage("migrate", PYTHONPROFILEIMPORTTIME="1", DATA_DIR=str(tmp_path / "data"), **STRONG_KEYS)
    assert ended.status == 0
    assert "accounts.progress" in ended.stderr
    assert "rich" not in {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}


@pytest.mark.once
def test_run7_who_waits_for_another_migrate_says_so_in_one_line_and_may_end_it_by_ctrl_c(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    with another_migrates(data), watched("migrate", DATA_DIR=str(data), **STRONG_KEYS) as (process, terminal):
        assert process.stdout
        assert process.stdout.readline() == "Waiting until no other process migrates\n"
        process.send_signal(signal.SIGINT)
        terminal.read_to_the_end()
        assert process.wait(60) == 130
    assert (terminal.left, terminal.hides_its_cursor) == ("Interrupted.\r\n", False)


@contextmanager
def another_migrates(data: Path) -> Iterator[None]:
    folder = os.open(data, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
