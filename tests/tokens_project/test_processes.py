"""The service as an operator meets it: real processes, with an environment and a data folder of their own."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.command_line import BASE_DIR, STRONG_KEYS, Outcome, environment, manage
from tests.gunicorn import Gunicorn
from tests.postgresql import free_port

pytestmark = pytest.mark.once

PRODUCTION = {**STRONG_KEYS, "BASE_URL": "https://tokens.example.com", "TRUSTED_PROXY_COUNT": "1"}
SECRET = re.compile(r"enr[ts]_[0-9A-Za-z_-]{40,}")


class Instance(NamedTuple):
    """A data folder that `make run` has prepared, the settings to find it by, and what was printed."""

    settings: dict[str, str]
    printed: str


def lines_of_make_run() -> list[str]:
    """The shell lines of the Makefile's `run`, with this Python's folder for its programs."""
    makefile = (BASE_DIR / "Makefile").read_text()
    recipe = re.search(r"^run:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert recipe
    programs = str(Path(sys.executable).parent)
    return [line.strip().removeprefix("@").replace("$(BIN)", programs) for line in recipe[1].splitlines()]


def prepared(settings: dict[str, str]) -> str:
    """Run what `make run` runs before it serves; returns what was printed."""
    return subprocess.run(
        ["sh", "-e", "-c", "\n".join(lines_of_make_run()[:-1])],
        cwd=BASE_DIR,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    data = tmp_path_factory.mktemp("instance") / "data"
    settings = {"DATA_DIR": str(data), "PORT": str(free_port()), "WORKERS": "1"}
    return Instance(settings, prepared(settings))


@contextmanager
def serving(settings: dict[str, str]) -> Iterator[str]:
    """Serve as `make run` does, for the time of the block; yields the address once it answers."""
    address = f"http://localhost:{settings['PORT']}"
    with subprocess.Popen(
        ["sh", "-c", lines_of_make_run()[-1]],
        cwd=BASE_DIR,
        env=environment(**settings),
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            deadline = time.monotonic() + 30
            while not answers(address):
                assert server.poll() is None, server.communicate()[1]
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield address
        finally:
            server.terminate()
            server.communicate(timeout=30)


def answers(address: str) -> bool:
    """Whether anything at all answers there."""
    try:
        urllib.request.urlopen(f"{address}/oauth/introspect", timeout=5).close()
    except urllib.error.HTTPError as answer:
        answer.close()
        return True
    except OSError:
        return False
    return True


def shell_lines(printed: str) -> str:
    """The lines to paste that stand at the end of what the first start prints."""
    return "\n".join(line.strip() for line in printed.partition("validate it again:")[2].splitlines())


def test_run1_printed_lines_show_a_good_token_and_then_a_revoked_one(instance: Instance) -> None:
    with serving(instance.settings):
        pasted = subprocess.run(
            ["sh", "-e", "-c", shell_lines(instance.printed)],
            cwd=BASE_DIR,
            env=environment(**instance.settings),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    good, revoked, inactive = pasted.stdout.splitlines()
    assert (pasted.returncode, pasted.stderr) == (0, "")
    assert {"active": True, "username": "alice", "client_id": "com.example/excel"}.items() <= json.loads(good).items()
    assert (revoked, inactive) == ("Revoked 1 token.", '{"active": false}')


def test_run1_printed_lines_work_in_another_shell_that_knows_none_of_the_settings(instance: Instance) -> None:
    with serving(instance.settings):
        pasted = subprocess.run(
            ["env", "-i", "sh", "-e", "-c", shell_lines(instance.printed)],
            cwd=BASE_DIR,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    good, revoked, inactive = pasted.stdout.splitlines()
    assert (pasted.returncode, pasted.stderr) == (0, "")
    assert json.loads(good)["iss"] == f"http://localhost:{instance.settings['PORT']}"
    assert (revoked, inactive) == ("Revoked 1 token.", '{"active": false}')


def started(settings: dict[str, str]) -> Outcome:
    """How the server ends that `make run` starts, where it cannot serve."""
    ended = subprocess.run(
        ["sh", "-c", lines_of_make_run()[-1]],
        cwd=BASE_DIR,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Outcome(ended.returncode, ended.stdout, ended.stderr)


def test_server_whose_port_is_in_use_ends_with_one_line(instance: Instance) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ended = started({**instance.settings, "PORT": str(other.getsockname()[1])})
    *log, line = ended.stderr.splitlines()
    assert (ended.status, line) == (1, "PORT: another program listens there. End it, or give another port.")
    assert [one for one in log if " INFO " not in one] == []


def test_server_without_a_database_ends_with_one_line_and_makes_none(tmp_path: Path) -> None:
    ended = started({"DATA_DIR": str(tmp_path / "data"), "PORT": str(free_port())})
    *log, line = ended.stderr.splitlines()
    assert (ended.status, line.partition(": ")[0]) == (1, f"There is no {tmp_path}/data/secret_key")
    assert [one for one in log if " INFO " not in one] == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_server_says_where_people_find_it_and_names_no_other_address(live_gunicorn: Gunicorn) -> None:
    log = live_gunicorn.log.read_text()
    assert f" Open http://localhost:8000 (listening on 127.0.0.1, port {live_gunicorn.port})\n" in log
    assert re.findall(r"https?://[^ ]+", log) == ["http://localhost:8000"]


@pytest.mark.parametrize("command", ["migrate", "list_tokens", "createcachetable", "showmigrations"])
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


def test_run1_second_start_keeps_everything_and_prints_no_secret(instance: Instance) -> None:
    tokens = manage("list_tokens", "--state", "all", "--json", **instance.settings).json["tokens"]
    passwords = re.findall(r"(?:alice|admin)   (\S+)", instance.printed)
    printed = prepared(instance.settings)
    assert printed.startswith("This instance has users already; nothing was created.")
    assert len(passwords) == 2
    assert not SECRET.search(printed)
    assert not [password for password in passwords if password in printed]
    assert manage("list_tokens", "--state", "all", "--json", **instance.settings).json["tokens"] == tokens


def test_run2_in_production_make_run_makes_no_example_people_and_prints_no_secret(tmp_path: Path) -> None:
    settings = {**PRODUCTION, "DATA_DIR": str(tmp_path)}
    printed = prepared(settings)
    assert printed.startswith("Production has no example people; nothing was created.")
    assert not SECRET.search(printed)
    assert manage("create_user", "ada", "--administrator", "--json", **settings).json["administrator"] is True
    assert prepared(settings).startswith("This instance has users already; nothing was created.")
    people = manage(
        "shell",
        "--verbosity",
        "0",
        "--command",
        "from accounts.models import User; print(*User.objects.all())",
        **settings,
    )
    assert people.stdout == "ada\n"


def test_run1_first_start_prints_each_secret_and_keeps_keys_to_its_owner(instance: Instance) -> None:
    data = Path(instance.settings["DATA_DIR"])
    assert len(set(SECRET.findall(instance.printed))) == 1
    assert {stat.S_IMODE((data / name).stat().st_mode) for name in ("secret_key", "token_hash_keys")} == {0o600}


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


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"PORT": "hunter2"}, "PORT: give a whole number from 1 to 65535.\n"),
        (
            {**PRODUCTION, "TRUSTED_PROXY_COUNT": "0"},
            "TRUSTED_PROXY_COUNT: give how many proxies stand in front, 1 or more; one of them speaks https.\n",
        ),
        (
            {**PRODUCTION, "BASE_URL": "http://tokens.example.com"},
            "BASE_URL: give the public https:// address; over http only this machine is served, as localhost.\n",
        ),
        (
            {"BASE_URL": "https://tokens.example.com", "SECRET_KEY": "hunter2"},
            "SECRET_KEY: too weak: each key needs at least 50 random characters.\n",
        ),
    ],
)
def test_t55_bad_setting_stops_manage_py_with_one_line(tmp_path: Path, settings: dict[str, str], line: str) -> None:
    outcome = manage("check", **{"DATA_DIR": str(tmp_path / "data"), **settings})
    assert (outcome.status, outcome.stdout, outcome.stderr) == (1, "", line)


def test_t55_bad_setting_stops_gunicorn_with_one_line(tmp_path: Path) -> None:
    ended = subprocess.run(
        ["sh", "-c", lines_of_make_run()[-1]],
        cwd=BASE_DIR,
        env=environment(DATA_DIR=str(tmp_path), WORKERS="hunter2"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "WORKERS: give a whole number from 1 to 64.\n"


def test_t56_deployment_check_finds_nothing_in_production(tmp_path: Path) -> None:
    production = {**PRODUCTION, "HOST": "0.0.0.0"}
    outcome = manage("check", "--deploy", "--fail-level", "WARNING", DATA_DIR=str(tmp_path / "data"), **production)
    assert (outcome.status, outcome.stderr) == (0, "")
    assert outcome.stdout == "System check identified no issues (0 silenced).\n"


def test_run2_production_starts_on_a_new_machine_with_given_keys(tmp_path: Path) -> None:
    production = {**PRODUCTION, "DATA_DIR": str(tmp_path / "new" / "data")}
    outcome = manage("migrate", "--verbosity", "0", **production)
    assert (outcome.status, outcome.stdout, outcome.stderr) == (0, "", "")
    assert [path.name for path in (tmp_path / "new" / "data").iterdir() if "key" in path.name] == []
