"""A move as an operator makes it: from a laptop's file to PostgreSQL and back, each step a program of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import postgresql
from tests.command_line import manage

pytestmark = pytest.mark.once


@pytest.mark.skipif(postgresql.programs() is None, reason="PostgreSQL's server programs are not installed")
def test_run6_tokens_validate_after_the_move_and_after_the_way_back(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    laptop = {"DATA_DIR": str(tmp_path / "data")}
    for command in ("migrate", "quickstart"):
        assert manage(command, **laptop).status == 0
    issue = ["issue_token", "--application", "com.example/excel", "--user", "alice"]
    token = manage(*issue, **laptop).stdout
    file = tmp_path / "data" / "db.sqlite3"
    before = file.read_bytes()
    keys = {
        "SECRET_KEY": (tmp_path / "data" / "secret_key").read_text().strip(),
        "TOKEN_HASH_KEYS": (tmp_path / "data" / "token_hash_keys").read_text().strip(),
    }
    with postgresql.server(postgresql.programs() or Path()) as url:
        assert manage("move_database", "--to", url, **laptop).status == 0
        assert file.read_bytes() == before
        server = {**keys, "DATABASE_URL": url}
        assert json.loads(manage("check_token", "--json", stdin=token, **server).stdout)["active"] is True
        later = manage(*issue, **server).stdout
        assert manage("verify_audit_log", **server).status == 0
        back = f"sqlite:///{tmp_path}/back.sqlite3"
        assert manage("move_database", "--to", back, **server).status == 0
    for value in (token, later):
        checked = manage("check_token", "--json", stdin=value, **keys, DATABASE_URL=back)
        assert json.loads(checked.stdout)["active"] is True
