"""A move as an operator makes it: from a laptop's file to PostgreSQL and back, each step a program of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import pgbouncer, postgresql, programs
from tests.command_line import STRONG_KEYS, manage

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


@pytest.mark.skipif(postgresql.programs() is None, reason="PostgreSQL's server programs are not installed")
@pytest.mark.skipif(programs.pgbouncer() is None, reason="PgBouncer is not installed")
def test_run6_through_a_pooler_the_command_does_not_take_itself_for_another(tmp_path: Path) -> None:
    with postgresql.server(postgresql.programs() or Path()) as url:
        assert manage("migrate", DATABASE_URL=url, **STRONG_KEYS).status == 0
        for mode in ("session", "transaction"):
            with pgbouncer.pooler(programs.pgbouncer() or Path(), url, pool_mode=mode) as through:
                target = f"sqlite:///{tmp_path}/{mode}.sqlite3"
                moved = manage("move_database", "--to", target, DATABASE_URL=through, **STRONG_KEYS)
                assert moved.status == 0, moved.stderr
