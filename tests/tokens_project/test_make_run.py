"""`make run` as an operator meets it: the first start, the second, and what each prints."""

from __future__ import annotations

import json
import re
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from tests.command_line import BASE_DIR, Outcome, environment, manage
from tests.gunicorn import Gunicorn
from tests.postgresql import free_port
from tests.smoke import first_journey
from tests.tokens_project.make_run import PRODUCTION, Instance, lines_of_make_run, prepared, serving

pytestmark = pytest.mark.once


SECRET = re.compile(r"enr[ts]_[0-9A-Za-z_-]{40,}")


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


def test_run1_first_journey_of_the_readme_answers_as_it_is_shown_there(instance: Instance) -> None:
    with serving(instance.settings):
        first_journey(BASE_DIR, environment(**instance.settings), instance.printed)


def test_readme_has_two_commands_to_start() -> None:
    start = (BASE_DIR / "README.md").read_text().partition("\n## Start\n")[2].partition("\n## ")[0]
    assert re.findall(r"^```sh\n(.+?)```", start, re.MULTILINE | re.DOTALL) == ["make run\n", "make test\n"]


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
