"""The database can be checked by any program, not by this one alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from tests.factories import issued_pat, issued_sat
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.once


def test_sqlites_own_check_needs_no_function_of_this_program(
    alice: User, application: TrustedApplication, server: Any, tmp_path: Path
) -> None:
    issued_pat(alice, application)
    issued_sat(application)
    copy = tmp_path / "copy.sqlite3"
    copy.write_bytes(connection.connection.serialize())
    with closing(sqlite3.connect(copy)) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert plain.execute("SELECT count(*) FROM reference_tokens_referencetoken").fetchone() == (2,)
