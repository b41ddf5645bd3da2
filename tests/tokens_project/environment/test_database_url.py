"""DATABASE_URL: SQLite or PostgreSQL."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo

from tests.command_line import STRONG_KEYS
from tests.tokens_project.environment.reading_settings import READ, Given, refused
from tests.tokens_project.environments import Read
from tokens_project import environment as env
from tokens_project.environment import BadSetting

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", False), ("sqlite:////srv/db", False), ("postgres:///db", True), ("PostgreSQL:///db", True)],
)
def test_what_kind_of_database_is_given(given: Given, value: str, expected: bool) -> None:
    given(value)
    assert env.is_postgresql("NAME") is expected


def test_database_is_sqlite_in_the_data_folder_where_none_is_given(given: Given, tmp_path: Path) -> None:
    given("")
    path = tmp_path / "100%41" / "db.sqlite3"
    database = env.database("NAME", path)
    assert (database["ENGINE"], database["NAME"]) == ("tokens_project.sqlite3", path)


def test_database_may_be_another_sqlite_file(given: Given, tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    given(f"sqlite:///{tmp_path}/a%20b/tokens.db")
    assert env.database("NAME", Path("unused"))["NAME"] == tmp_path / "a b" / "tokens.db"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_run3_database_may_be_postgresql(given: Given, scheme: str) -> None:
    given(f"{scheme}://tokens:p%40ss%2Fword@db.example.com:5433/to%20kens?sslmode=require")
    database = env.database("NAME", Path("unused"))
    read = [database[key] for key in ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")]
    assert read == ["tokens_project.postgresql", "to kens", "tokens", "p@ss/word", "db.example.com", "5433"]
    assert database["OPTIONS"]["sslmode"] == "require"


def test_postgresql_may_be_reached_through_its_socket(given: Given) -> None:
    given("postgres:///tokens")
    database = env.database("NAME", Path("unused"))
    assert [database[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")] == ["tokens", "", "", "", ""]


def test_postgresql_is_given_up_before_its_silence_holds_a_thread(given: Given) -> None:
    given("postgres:///tokens")
    options = env.database("NAME", Path("unused"))["OPTIONS"]
    assert (options["connect_timeout"], options["tcp_user_timeout"]) == (3, 10_000)
    # PgBouncer refuses what it does not know of the start of a connection.
    assert "options" not in options


@pytest.mark.parametrize(
    "value",
    [
        "mysql://tokens:secret@localhost/tokens",
        "tokens.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:////no/such/folder/tokens.db",
        "postgres://tokens:secret@localhost",
        "postgres://tokens:secret@localhost/",
        "postgres://tokens:secret@localhost:port/tokens",
        "postgres://tokens:secret@localhost:65536/tokens",
        "postgres://tokens:secret@[::1/tokens",
        "postgres://tokens:secret@a:5432,b:port/tokens",
        "postgres://tokens:secret@a,,b/tokens",
        "postgres://tokens:secret@a,/tokens",
        "postgres://tokens:secret@a,b c/tokens",
        "postgres://tokens:secret@a,b:0/tokens",
        "postgres://tokens:secret@a,b/tokens?target_session_attrs=any",
        "postgres://tokens:secret@a:5432/tokens?hostaddr=192.0.2.1,192.0.2.2&target_session_attrs=any",
        "postgres://tokens:secret@/tokens?host=/a,/b&target_session_attrs=any",
    ],
)
def test_another_database_is_refused_without_its_password(given: Given, value: str) -> None:
    given(value)
    with pytest.raises(BadSetting) as stopped:
        env.database("NAME", Path("unused"))
    assert str(stopped.value).startswith("NAME: ")
    assert "secret" not in str(stopped.value)


@pytest.mark.parametrize(
    ("value", "parameters"),
    [
        ("postgres://db/tokens?sslmode=verify-full&sslrootcert=system", {"sslmode": "verify-full"}),
        ("postgres://db/tokens?sslmode=verify-ca&sslrootcert=%2Fetc%2Fca.pem", {"sslrootcert": "/etc/ca.pem"}),
        ("postgres://db/tokens?application_name=to+kens&connect_timeout=9", {"application_name": "to kens"}),
        ("postgres:///tokens?host=/run/postgresql", {"host": "/run/postgresql"}),
        ("postgres://a,b/tokens?target_session_attrs=read-write", {"target_session_attrs": "read-write"}),
    ],
)
def test_a_parameter_that_postgresql_knows_is_passed_on(given: Given, value: str, parameters: dict[str, str]) -> None:
    given(value)
    assert READ["database"]()["OPTIONS"].items() >= parameters.items()


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("postgres://my_database/tokens", ("my_database", "")),
        ("postgres://a.example.com,b.example.com:5433/tokens", ("a.example.com,b.example.com", "5433")),
        ("postgres://a:5432,b:5433/tokens", ("a,b", "5432,5433")),
        ("postgres://me:p%2Cw@a:5433,b/tokens", ("a,b", "5433,")),
        ("postgres://me@[2001:db8::1]:5433/tokens", ("2001:db8::1", "5433")),
        ("postgres://me@[2001:db8::1]:5433,[2001:db8::2]:5434/tokens", ("2001:db8::1,2001:db8::2", "5433,5434")),
        ("postgres://me:a%40b@%2FVar%2Frun:5433/tokens", ("/Var/run", "5433")),
        ("postgres://me@/tokens", ("", "")),
    ],
)
def test_postgresql_may_be_several_hosts_or_a_folder(given: Given, value: str, place: tuple[str, str]) -> None:
    given(value)
    read = READ["database"]()
    assert (read["HOST"], read["PORT"]) == place


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("postgres://a/tokens", ("primary", 3)),
        ("postgres://a,b/tokens", ("primary", 2)),
        ("postgres://a,b/tokens?target_session_attrs=read-write&connect_timeout=9", ("read-write", "9")),
        ("postgres://a/tokens?target_session_attrs=any", ("any", 3)),
        ("postgres://a/tokens?hostaddr=192.0.2.1&target_session_attrs=any", ("any", 3)),
        ("postgres://a/tokens?hostaddr=192.0.2.1,192.0.2.2", ("primary", 2)),
        ("postgres:///tokens?host=/a,/b", ("primary", 2)),
    ],
)
def test_tok8_a_standby_is_not_asked_unless_somebody_says_so(
    given: Given, value: str, expected: tuple[Any, ...]
) -> None:
    given(value)
    options = READ["database"]()["OPTIONS"]
    assert (options["target_session_attrs"], options["connect_timeout"]) == expected


def test_a_replica_is_a_standby_of_a_postgresql_server(read: Read) -> None:
    primary = {"DATABASE_URL": "postgres://tokens@a/tokens", **STRONG_KEYS}
    settings = read(DATABASE_REPLICA_URL="postgres://reader@b:5433/tokens", **primary)
    found = settings["DATABASES"]["replica"]
    place = (found["HOST"], found["PORT"], found["USER"], found["OPTIONS"]["target_session_attrs"])
    assert place == ("b", "5433", "reader", "standby")
    assert settings["DATABASE_ROUTERS"] == ["accounts.database.replica.Router"]
    settings = read(**primary)
    assert ([*settings["DATABASES"]], settings["DATABASE_ROUTERS"]) == (["default"], [])


@pytest.mark.parametrize(
    "value",
    [
        "sqlite:////srv/tokens.db",
        "postgres://reader:secret@b/tokens?target_session_attrs=any",
        "postgres://reader:secret@b/tokens?target_session_attrs=primary",
    ],
)
def test_a_replica_that_is_none_is_refused(read: Read, value: str) -> None:
    with pytest.raises(BadSetting, match=r"^DATABASE_REPLICA_URL: ") as stopped:
        read(DATABASE_REPLICA_URL=value, DATABASE_URL="postgres://tokens@a/tokens", **STRONG_KEYS)
    assert "secret" not in str(stopped.value)


def test_sqlite_has_no_replica(read: Read) -> None:
    with pytest.raises(BadSetting, match=r"^DATABASE_REPLICA_URL: only a PostgreSQL server has a replica"):
        read(DATABASE_REPLICA_URL="postgres://reader@b/tokens")


def test_sqlite_file_is_named_from_the_root(given: Given, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Relative, SQLite would take `file:…` for a URL of its own."""
    monkeypatch.chdir(tmp_path)
    given("sqlite:///file:tokens.db%3Fmode=memory")
    assert READ["database"]()["NAME"] == tmp_path / "file:tokens.db?mode=memory"


# A value for each parameter: what its pattern takes, the libraries must know.
@pytest.mark.parametrize("name", sorted(env.POSTGRESQL_PARAMETERS))
def test_postgresql_knows_each_parameter_that_is_taken(name: str) -> None:
    assert make_conninfo(**{name: "1"}) == f"{name}=1"


@pytest.mark.parametrize(
    ("query", "expected"), [("", None), ("?prepared_statements=on", True), ("?prepared_statements=off", False)]
)
def test_prepared_statements_are_as_the_url_says_or_found_out(given: Given, query: str, expected: bool | None) -> None:
    given(f"postgres:///tokens{query}")
    database = READ["database"]()
    assert database["PREPARED_STATEMENTS"] is expected
    # The library of PostgreSQL knows no such parameter.
    assert "prepared_statements" not in database["OPTIONS"]


def test_postgresql_without_its_driver_is_refused(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    given("postgres://tokens:secret@localhost/tokens")
    assert refused(READ["database"], "secret")
