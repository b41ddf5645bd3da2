"""A read-only container with PostgreSQL: nothing at the start needs a `DATA_DIR` to write into (RUN-4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.command_line import STRONG_KEYS, manage
from tests.conftest import is_postgresql
from tests.gunicorn import database_url, gunicorn
from tests.tokens_project.linked_files import get, linked

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not is_postgresql(), reason="SQLite lies in the folder"),
]


@pytest.mark.parametrize("name", ["a file", "a file/below", "missing"])
def test_run4_it_serves_where_no_data_folder_can_be(tmp_path: Path, server: Any, name: str) -> None:
    (tmp_path / "a file").touch()
    (tmp_path / "a file").chmod(0o644)
    folder = f"/proc/{name}" if name == "missing" else str(tmp_path / name)
    with gunicorn(tmp_path, DATA_DIR=folder, EMAIL_URL="smtp://mail.example.com") as live:
        status, html = get(live, "/accounts/login/")
        assert status == 200
        assert {get(live, path)[0] for path in linked(html)} == {200}
        assert get(live, "/readyz") == (200, "ready\n")
        assert live.introspect(server, "x").status == 200
    assert {path.name for path in tmp_path.iterdir()} == {"a file", "log"}
    assert (tmp_path / "a file").stat().st_size == 0
    # Nor is somebody else's file taken for ours.
    assert (tmp_path / "a file").stat().st_mode & 0o777 == 0o644
    assert "Traceback" not in live.log.read_text()


@pytest.mark.parametrize("command", ["migrate", "housekeeping", "list_tokens", "check_settings"])
def test_run4_commands_work_where_no_data_folder_can_be(tmp_path: Path, command: str) -> None:
    (tmp_path / "a file").touch()
    outcome = manage(
        command,
        DATA_DIR=str(tmp_path / "a file"),
        DATABASE_URL=database_url(),
        EMAIL_URL="smtp://127.0.0.1:1",
        **STRONG_KEYS,
    )
    assert "Traceback" not in outcome.stderr
    if command == "check_settings":
        assert "DATA_DIR: not needed with PostgreSQL and a mail server\n" in outcome.stdout
    else:
        assert outcome.status == 0
