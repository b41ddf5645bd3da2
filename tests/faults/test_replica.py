"""A real standby beside the primary: what reaches it, what never does, and that nobody notices when it is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

import psycopg
import pytest
from reference_tokens_client.management import Management

from tests import postgresql
from tests.command_line import STRONG_KEYS
from tests.pauses import in_time
from tests.service import Service, running
from trusted_apps.built_in import MANAGEMENT_API_URI, MANAGEMENT_SCOPES

pytestmark = pytest.mark.once

# The table of a list.
TOKENS = "referencetoken"
LOGS_ALL = f"{postgresql.OF_TESTS} -c log_statement=all -c log_line_prefix=%u@"
READER = "CREATE ROLE reader LOGIN; GRANT pg_read_all_data TO reader"
# What decides who somebody is, and what a token may do.
DECIDES = re.compile(
    r'session|secret|hashkey|outbox|attempt|FOR (NO KEY )?UPDATE|"digest" (=|IN)|^(INSERT|UPDATE|DELETE)'
)


class Replicated(NamedTuple):
    """The product on a primary, with a standby that it reads lists from as the role `reader`."""

    service: Service
    standby: str

    def program(self) -> Management:
        """A program with a token of its own, which has done nothing yet."""
        scopes = " ".join(sorted(MANAGEMENT_SCOPES))
        arguments = ("--application", MANAGEMENT_API_URI, "--service", "--scopes", scopes)
        return Management(self.service.address, self.service.manage("issue_token", *arguments)["token"])

    def statements(self) -> list[str]:
        """What the standby was asked by the service, in turn."""
        with psycopg.connect(self.standby) as connection:
            [data] = connection.execute("SHOW data_directory").fetchone() or [""]
        text = (Path(data).parent / "log").read_text()
        return re.findall(r"^reader@LOG:  (?:statement|execute [^:]*): (.+)$", text, re.MULTILINE)


@pytest.fixture(scope="module")
def replicated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicated]:
    programs = postgresql.programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with ExitStack() as stack:
        primary = stack.enter_context(postgresql.server(programs))
        with psycopg.connect(primary, autocommit=True) as connection:
            connection.execute(READER)
        standby = stack.enter_context(postgresql.standby(programs, primary, LOGS_ALL))
        replica = standby.replace("tokens@", "reader@")
        settings = {"DATABASE_URL": primary, "DATABASE_REPLICA_URL": replica, "API_RATE": "0", **STRONG_KEYS}
        service = stack.enter_context(running(tmp_path_factory.mktemp("service"), **settings))
        service.manage("create_user", "automation", "--system")
        opened = ["--access-tokens", "AdministratorsOnly", "--system-user", "automation"]
        service.manage("update_application", MANAGEMENT_API_URI, *opened)
        yield Replicated(service, standby)


def execute(url: str, statement: bytes) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def listed(program: Management) -> set[str]:
    """The ids of the tokens that a program is told."""
    return {str(token["id"]) for token in program.each("tokens")}


def eventually_listed(replicated: Replicated, program: Management, path: str = "tokens", table: str = TOKENS) -> None:
    """Have the program read a list until it comes from the standby, which a busy machine may leave for ten seconds."""
    deadline = monotonic() + 60
    while not [statement for statement in replicated.statements() if table in statement]:
        list(program.each(path))
        assert monotonic() < deadline
        sleep(0.2)


def test_a_list_reaches_the_standby_and_nothing_that_decides_does(replicated: Replicated) -> None:
    service = replicated.service
    token = service.token("--user", "alice", "--scopes", "read")
    with replicated.program() as program:
        for path, table in (("tokens", TOKENS), ("audit-events", "auditevent"), ("users", "accounts_user")):
            eventually_listed(replicated, program, path, table)
    assert service.holder_of(token) == "alice"
    assert b'"active": true' in service.introspect(token)
    assert service.ask("DELETE", "/api/token", X_Api_Key=token).status == 204
    assert service.introspect(token) == b'{"active": false}'
    service.manage("housekeeping")
    asked = replicated.statements()
    assert [statement for statement in asked if DECIDES.search(statement)] == []


def test_tok8_a_standby_that_stands_still_hides_no_revocation_and_nobodys_own_act(replicated: Replicated) -> None:
    service = replicated.service
    with replicated.program() as program:
        eventually_listed(replicated, program)
        execute(replicated.standby, b"SELECT pg_wal_replay_pause()")
        try:
            [application] = [each for each in program.each("applications") if each["application_uri"].endswith("excel")]
            asked = {"scopes": ["read"], "expires_in_days": 7}
            issued = program.post("applications", application["id"], "tokens", body=asked)
            assert str(issued["id"]) in listed(program)
            assert b'"active": true' in service.introspect(issued["token"])
            program.post("tokens", issued["id"], "revoke", body={"reason": "It was seen."})
            assert service.introspect(issued["token"]) == b'{"active": false}'
            assert str(issued["id"]) not in listed(program)
        finally:
            execute(replicated.standby, b"SELECT pg_wal_replay_resume()")


def test_a_standby_that_falls_silent_is_left_in_a_moment(replicated: Replicated) -> None:
    with replicated.program() as program:
        eventually_listed(replicated, program)
        everything = listed(program)
        with postgresql.frozen(replicated.standby):
            for _number in range(20):
                # Who meets the silence first waits for it; nobody after that.
                with in_time():
                    assert listed(program) >= everything
