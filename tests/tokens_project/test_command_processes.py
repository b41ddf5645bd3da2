"""Commands as an operator meets them: real processes, with an environment and a data folder of their own."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line import BASE_DIR, STRONG_KEYS, Outcome, environment, manage
from tests.postgresql import free_port
from tests.tokens_project.make_run import Instance

pytestmark = pytest.mark.once


@pytest.mark.parametrize("command", ["migrate", "list_tokens", "showmigrations"])
def test_a_database_that_refuses_is_one_line(command: str) -> None:
    url = f"postgres://tokens:hunter2@127.0.0.1:{free_port()}/tokens"
    outcome = manage(command, DATABASE_URL=url, **STRONG_KEYS)
    assert (outcome.status, outcome.stderr.count("\n")) == (1, 1)
    assert outcome.stderr.startswith("Error: the database refused")
    assert "hunter2" not in outcome.stderr


def test_trace_of_a_database_that_refuses_is_shown_to_who_asks_for_it(tmp_path: Path) -> None:
    outcome = manage("migrate", "--plan", "--traceback", DATA_DIR=str(tmp_path / "data"))
    assert outcome.status == 1
    assert "Traceback" in outcome.stderr


@pytest.mark.parametrize(
    ("terminal", "shown"),
    [
        ({"LC_ALL": "C"}, "…"),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "?"),
        ({"PYTHONIOENCODING": "ascii"}, "?"),
        ({"PYTHONIOENCODING": "latin-1"}, "?"),
        ({"PYTHONIOENCODING": "utf-8"}, "…"),
    ],
)
def test_a_terminal_that_lacks_a_character_shows_another_in_its_place(
    instance: Instance, terminal: dict[str, str], shown: str
) -> None:
    token = manage("issue_token", "--application", "com.example/excel", "--user", "alice", **instance.settings).stdout
    outcome = manage("list_tokens", **{**instance.settings, **terminal})
    assert (outcome.status, outcome.stderr) == (0, "")
    assert f"enrt_{token[5:9]}{shown}{token.strip()[-4:]}" in outcome.stdout


@pytest.mark.parametrize(
    "command", ["list_tokens", "list_tokens --json", "showmigrations", "help", "list_tokens --help"]
)
def test_a_reader_that_has_read_enough_ends_a_command_quietly(instance: Instance, command: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = subprocess.run(
            [sys.executable, "manage.py", *command.split()],
            cwd=BASE_DIR,
            env=environment(**instance.settings),
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writer)
    assert (ended.returncode, ended.stderr) == (128 + signal.SIGPIPE, "")


@pytest.mark.parametrize(
    ("command", "closed", "status", "line"),
    [
        ("delete_user alice", "<&-", 1, "Error: give --yes to do it without being asked.\n"),
        ("changepassword alice", "<&-", 1, "Error: no password on standard input.\n"),
        ("list_users", ">&-", 1, "Error: standard output is closed, and nothing was done: lead it to a file"),
        ("nosuch", "2>&-", 2, ""),
    ],
)
def test_a_command_that_is_started_without_a_stream_ends_in_one_line(
    instance: Instance, command: str, closed: str, status: int, line: str
) -> None:
    shell = ["sh", "-c", f'exec "$0" manage.py {command} {closed}', sys.executable]
    ended = subprocess.run(
        shell, cwd=BASE_DIR, env=environment(**instance.settings), capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr.count("\n")) == (status, bool(line))
    assert ended.stderr.startswith(line)


def test_output_that_finds_no_place_is_one_line(instance: Instance) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "manage.py", "list_tokens", "--json"],
            cwd=BASE_DIR,
            env=environment(**instance.settings),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (1, "Error: [Errno 28] No space left on device\n")


def test_exit_status_is_0_and_the_token_stands_alone_on_standard_output(instance: Instance) -> None:
    outcome = manage(
        "issue_token", "--application", "com.example/excel", "--service", "--expires-in-days", "1", **instance.settings
    )
    assert (outcome.status, outcome.stderr) == (0, "")
    assert re.fullmatch(r"enrt_[0-9A-F]{64}\n", outcome.stdout)


def test_exit_status_is_1_with_one_line_on_standard_error_for_bad_input(instance: Instance) -> None:
    outcome = manage("issue_token", "--application", "com.example/archive", "--user", "alice", **instance.settings)
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr.startswith("Error: no token for com.example/archive: Its AccessTokens policy is None")


def test_exit_status_is_2_for_wrong_usage(instance: Instance) -> None:
    assert manage("issue_token", "--service", **instance.settings).is_wrong_usage


def test_input_that_is_not_utf_8_is_refused_in_one_line(instance: Instance) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "create_user", "carol", "--password-stdin"],
        cwd=BASE_DIR,
        env=environment(**instance.settings, PYTHONUTF8="1"),
        input=b"a long password that ends in \xff\xfe\n",
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert ended.stderr == b"Error: what was given is not UTF-8 text.\n"


def test_database_that_is_not_migrated_is_one_line(tmp_path: Path) -> None:
    outcome = manage("list_tokens", DATA_DIR=str(tmp_path / "data"))
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr.startswith("Error: the database refused (")
    assert outcome.stderr.endswith("is it there and migrated? (manage.py migrate)\n")


def test_tok8_revoke_tokens_asks_at_a_terminal(instance: Instance) -> None:
    issued = manage(
        "issue_token", "--application", "com.example/excel", "--user", "admin", "--json", **instance.settings
    ).json
    ours, terminal = pty.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "manage.py", "revoke_tokens", "--id", issued["id"], "--json"],
            cwd=BASE_DIR,
            env=environment(**instance.settings),
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            os.write(ours, b"yes\n")
            stdout, stderr = process.communicate(timeout=60)
    finally:
        os.close(ours)
        os.close(terminal)
    assert Outcome(process.returncode, stdout, stderr).json == {"revoked": 1}
    assert stderr == "Revoke 1 token? This cannot be undone. Type yes: "
