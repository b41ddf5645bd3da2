"""`serve` starts the server that `make run` starts, and makes nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.command_line import BASE_DIR, STRONG_KEYS, Runner, environment
from tests.postgresql import free_port
from tests.tokens_project.make_run import Instance, answers, wait_until
from tokens_project import gunicorn_conf, wsgi
from tokens_project.serving import Server

pytestmark = pytest.mark.once


def serve(*arguments: str, folder: Path, **settings: str) -> subprocess.Popen[str]:
    """The server, started as an operator does, in another folder than that of the code."""
    return subprocess.Popen(
        [sys.executable, BASE_DIR / "manage.py", "serve", *arguments],
        cwd=folder,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def readiness(address: str) -> str:
    """What `/readyz` answers."""
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=30) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.read().decode()


def test_run4_serve_answers_from_any_folder_and_ends_when_it_is_told_to(instance: Instance, tmp_path: Path) -> None:
    # What lies in the working folder is no part of the service.
    (tmp_path / "tokens_project").mkdir()
    (tmp_path / "gunicorn.conf.py").write_text("raise SystemExit('read')")
    port = free_port()
    with serve("--json", folder=tmp_path, **{**instance.settings, "PORT": str(port)}) as server:
        address = f"http://localhost:{port}"
        wait_until(lambda: answers(address), server)
        assert readiness(address) == "ready\n"
        server.send_signal(signal.SIGTERM)
        printed, log = server.communicate(timeout=60)
    assert server.returncode == 0, log
    assert json.loads(printed) == {"url": address, "host": "127.0.0.1", "port": port}
    assert "503" not in log
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gunicorn.conf.py", "tokens_project"]


def test_run7_serve_tells_of_migrations_that_are_yet_to_be_applied(tmp_path: Path) -> None:
    (tmp_path / "db.sqlite3").touch()
    port, settings = free_port(), {"DATA_DIR": str(tmp_path), "WORKERS": "1", **STRONG_KEYS}
    with serve(folder=tmp_path, PORT=str(port), **settings) as server:
        wait_until(lambda: answers(f"http://localhost:{port}"), server)
        said = readiness(f"http://localhost:{port}")
        server.terminate()
        log = server.communicate(timeout=60)[1]
    assert said == "missing: migrations (run manage.py migrate)\n"
    assert "/readyz answers 503 as long as this is missing: migrations (run manage.py migrate)" in log


def test_run4_the_server_is_the_one_of_make_run() -> None:
    server = Server()
    assert server.load() is wsgi.application
    assert (server.cfg.worker_class_str, server.cfg.workers) == (gunicorn_conf.worker_class, gunicorn_conf.workers)
    assert (server.cfg.bind, server.cfg.post_worker_init) == ([gunicorn_conf.bind], gunicorn_conf.post_worker_init)


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_serve_says_where_before_it_serves(command: Runner, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    served: list[Server] = []
    monkeypatch.setattr(Server, "run", lambda server: served.append(server))  # noqa: PLW0108 - it is to be bound
    printed = command("serve", *words).stdout
    assert (len(served), printed != "") == (1, bool(words))


def test_help_of_serve_shows_how_it_is_called(command: Runner) -> None:
    assert command("serve", "--help").stdout.endswith("example:\n  serve\n")
