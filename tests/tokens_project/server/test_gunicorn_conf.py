from __future__ import annotations

import importlib
import logging
import logging.config
import os
import re
import socket
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from gunicorn.config import Config

import tokens_project
from reference_tokens.maintenance.stream_worker import stream_worker
from reference_tokens.maintenance.webhook_worker import webhook_worker
from reference_tokens.maintenance.worker import background_worker
from reference_tokens.models import HashKey, ReferenceToken
from reference_tokens.usage.recorder import recorder
from tests.afresh import run_afresh
from tests.command_line import BASE_DIR, KEPT, STRONG_KEYS
from tests.factories import ApplicationFactory, UserFactory, issued_pat
from tests.postgresql import free_port
from tokens_project import gunicorn_conf

PRODUCTION = {**STRONG_KEYS, "BASE_URL": "https://tokens.example.com", "TRUSTED_PROXY_COUNT": "1"}


def configured(monkeypatch: pytest.MonkeyPatch, folder: Path, **environment: str) -> dict[str, Any]:
    """What gunicorn would read with this environment."""
    for name in set(os.environ) - KEPT:
        monkeypatch.delenv(name)
    for name, value in {"DATA_DIR": str(folder), **environment}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(sys.modules, "tokens_project.settings")
    monkeypatch.delattr(tokens_project, "settings")
    try:
        return run_afresh("gunicorn_conf")
    finally:
        sys.modules.pop("tokens_project.settings", None)


@pytest.mark.once
def test_gunicorn_knows_every_setting_given_to_it() -> None:
    known = Config().settings
    given = {
        name: value
        for name, value in vars(gunicorn_conf).items()
        if name.islower() and not name.startswith("_") and not hasattr(value, "__spec__")
    }
    ours = {"os", "sys", "annotations", "settings", "is_no_address", "require_free"}
    assert {name for name in given if name not in known} - ours == set()
    for name in given.keys() & known.keys():
        known[name].set(given[name])


@pytest.mark.once
@pytest.mark.parametrize(
    ("environment", "bind"),
    [
        ({}, "127.0.0.1:8000"),
        ({"HOST": "localhost", "PORT": "9000"}, "localhost:9000"),
        ({"HOST": "::1"}, "[::1]:8000"),
        ({**PRODUCTION, "HOST": "0.0.0.0"}, "0.0.0.0:8000"),
    ],
)
def test_gunicorn_binds_to_host_and_port(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environment: dict[str, str], bind: str
) -> None:
    assert configured(monkeypatch, tmp_path, **environment)["bind"] == bind


@pytest.mark.once
def test_gunicorn_runs_as_many_workers_as_were_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert configured(monkeypatch, tmp_path, WORKERS="7")["workers"] == 7


@pytest.mark.once
def test_gunicorn_refuses_a_bad_setting_with_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        configured(monkeypatch, tmp_path, PORT="hunter2")
    assert stopped.value.code == "PORT: give a whole number from 1 to 65535."


@pytest.mark.once
def test_gunicorn_drops_headers_that_forge_another(monkeypatch: pytest.MonkeyPatch) -> None:
    assert gunicorn_conf.header_map == "drop"
    assert gunicorn_conf.limit_request_line == gunicorn_conf.limit_request_field_size == 8190


@pytest.mark.once
def test_t36_gunicorn_logs_through_the_scrubbing_format_alone() -> None:
    loggers = gunicorn_conf.logconfig_dict["loggers"]
    assert (loggers["gunicorn.error"]["handlers"], loggers["gunicorn.error"]["propagate"]) == ([], True)
    assert (loggers["gunicorn.access"]["handlers"], loggers["gunicorn.access"]["level"]) == ([], "WARNING")


@pytest.mark.once
def test_wsgi_application_is_the_one_that_gunicorn_serves() -> None:
    module, _colon, name = gunicorn_conf.wsgi_app.partition(":")
    assert callable(getattr(importlib.import_module(module), name))


@pytest.fixture
def start_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a port of its own. Starting Django once more would take the handlers of the tests away."""
    monkeypatch.setattr(logging.config, "dictConfig", lambda _config: None)
    monkeypatch.setattr("tokens_project.gunicorn_conf.settings.PORT", free_port())


@pytest.mark.usefixtures("start_of_its_own")
@pytest.mark.once
def test_gunicorn_does_not_start_where_another_program_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr("tokens_project.gunicorn_conf.settings.PORT", other.getsockname()[1])
        with pytest.raises(SystemExit, match=r"^PORT: another program listens there. End it, or give another port.$"):
            gunicorn_conf.on_starting(None)


@pytest.mark.parametrize("handed_down", ["GUNICORN_FD", "LISTEN_FDS"])
@pytest.mark.usefixtures("transactional_db", "start_of_its_own")
@pytest.mark.once
def test_gunicorn_starts_on_sockets_that_are_handed_down(monkeypatch: pytest.MonkeyPatch, handed_down: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr("tokens_project.gunicorn_conf.settings.PORT", other.getsockname()[1])
        monkeypatch.setenv(handed_down, "3")
        gunicorn_conf.on_starting(None)


@pytest.mark.usefixtures("transactional_db", "start_of_its_own")
@pytest.mark.once
def test_gunicorn_does_not_start_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    name, file = connection.settings_dict["NAME"], Path("/srv/tokens/db.sqlite3")
    monkeypatch.setitem(connection.settings_dict, "MISSING", {name: [file]})
    with pytest.raises(SystemExit, match=r"^There is no /srv/tokens/db.sqlite3: give DATA_DIR and DATABASE_URL"):
        gunicorn_conf.on_starting(None)


@pytest.mark.usefixtures("transactional_db", "start_of_its_own")
def test_tok2_gunicorn_starts_where_every_key_is_there() -> None:
    issued_pat(UserFactory.create(), ApplicationFactory.create())
    gunicorn_conf.on_starting(None)


@pytest.mark.usefixtures("transactional_db", "start_of_its_own")
def test_tok2_gunicorn_does_not_start_without_a_key_that_a_live_token_needs() -> None:
    issued = issued_pat(UserFactory.create(), ApplicationFactory.create())
    HashKey.objects.create(id="0123456789abcdef")
    ReferenceToken.objects.filter(pk=issued.token.pk).update(hash_key_id="0123456789abcdef")
    with pytest.raises(SystemExit, match=r"^TOKEN_HASH_KEYS: 1 live tokens or secrets need a key"):
        gunicorn_conf.on_starting(None)


@pytest.mark.once
def test_gunicorn_names_the_address_of_the_service_and_where_it_listens(
    log_lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A test that made gunicorn's own logger before this one has taken the lines to a handler of its own.
    monkeypatch.setattr(logging.getLogger("gunicorn.error"), "propagate", True)
    gunicorn_conf.when_ready(SimpleNamespace(log=logging.getLogger("gunicorn.error")))
    (line,) = log_lines
    assert "Open http://localhost:8000 (listening on 127.0.0.1, port 8000)" in line


@pytest.mark.django_db(transaction=True)
def test_tok15_worker_sends_mails_and_webhooks_from_its_start_to_its_end(settings: Any, tmp_path: Path) -> None:
    settings.AUDIT_STREAM = str(tmp_path / "audit.jsonl")
    gunicorn_conf.post_worker_init(None)
    working = [background_worker._thread, webhook_worker._thread, stream_worker._thread]
    assert all(thread and thread.is_alive() for thread in working)
    try:
        gunicorn_conf.worker_exit(None, None)
    finally:
        recorder._stop.clear()
        recorder._wake.clear()
    assert not any(thread and thread.is_alive() for thread in working)


def test_tok13_worker_that_exits_writes_the_last_uses(db: None) -> None:
    token = issued_pat(UserFactory.create(), ApplicationFactory.create()).token
    recorder.note("active", at=timezone.now(), token_id=token.pk, source=(None, None))
    try:
        gunicorn_conf.worker_exit(None, None)
    finally:
        recorder._stop.clear()
        recorder._wake.clear()
    token.refresh_from_db()
    assert token.last_used_at is not None


def test_the_guide_to_postgresql_says_how_many_connections_a_process_holds() -> None:
    # The threads of the sites and of the machine addresses, the event loop, the one for reports of leaks, the writer of
    # uses, the housekeeping, and the sender of webhooks.
    most = 2 * gunicorn_conf.threads + 5
    guide = (BASE_DIR / "docs" / "postgresql.md").read_text()
    said = re.findall(
        r"server process holds at most (\d+) connections|must be at least (\d+) for each of `WORKERS`", guide
    )
    assert said == [(str(most), ""), ("", str(most))]
