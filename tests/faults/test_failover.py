"""A PostgreSQL primary is lost under load and its standby promoted: no wrong answer, and all goes on by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from time import monotonic
from typing import NamedTuple
from urllib.parse import urlsplit

import psycopg
import pytest

from tests import postgresql
from tests.command_line import STRONG_KEYS, manage
from tests.faults.life import Life, life_of
from tests.long_runs import rounds
from tests.service import running

pytestmark = pytest.mark.once

Loss = Callable[[str], AbstractContextManager[None]]

# What must not be lost is on the standby before it is answered.
SYNCHRONOUS = "ALTER SYSTEM SET synchronous_standby_names = 'standby'"
WITHOUT_THEIR_ENTRY = """
    SELECT id FROM reference_tokens_referencetoken AS token
    WHERE 1 <> (
        SELECT count(*) FROM accounts_auditevent WHERE action = 'token:issue' AND target_id = token.id::text
    ) OR (revoked_at IS NOT NULL)::int <> (
        SELECT count(*) FROM accounts_auditevent WHERE action = 'token:revoke' AND target_id = token.id::text
    )
"""


class Pair(NamedTuple):
    """The callers of a service on two servers, and where these are."""

    life: Life
    primary: str
    standby: str


@contextmanager
def crashed(url: str) -> Iterator[None]:
    """The server is lost: connections are closed, and new ones refused."""
    postgresql.crash(url)
    yield


# In the second case nothing is closed, and nothing refused.
LOSSES: list[Loss] = [crashed, postgresql.frozen]


@pytest.fixture
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    programs = postgresql.programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with ExitStack() as stack:
        primary = stack.enter_context(postgresql.server(programs))
        standby = stack.enter_context(postgresql.standby(programs, primary))
        with psycopg.connect(primary, autocommit=True) as connection:
            connection.execute(SYNCHRONOUS)
            connection.execute("SELECT pg_reload_conf()")
        # The standby stands first: it must not be asked while it is one.
        both = primary.replace("@", f"@{urlsplit(standby).netloc.rpartition('@')[2]},")
        settings = {"DATABASE_URL": both, "API_RATE": "0", **STRONG_KEYS}
        service = stack.enter_context(running(tmp_path_factory.mktemp("service"), **settings))
        yield Pair(life_of(service), primary, standby)


@pytest.mark.long_run
@pytest.mark.parametrize("loss", LOSSES[: rounds(1, long=2)])
def test_val4_a_failover_gives_no_wrong_answer_and_needs_no_restart(
    pair: Pair, loss: Loss, record_property: Callable[[str, object], None]
) -> None:
    life = pair.life
    require_refusal_of(pair.standby)
    with life.goes_on(), ExitStack() as lost:
        life.wait_for({200}, number=200)
        lost_at = monotonic()
        lost.enter_context(loss(pair.primary))
        life.wait_for({503})
        promoted_at = monotonic()
        postgresql.promote(pair.standby)
        back_at = life.wait_for({200}, number=100)
    record_property("seconds between the loss and the promotion", promoted_at - lost_at)
    record_property("seconds until every validation is answered again", back_at - promoted_at)
    record_property("longest validation", max(took for _at, took, _status in life.answers))
    record_property("validations answered 503", sum(status == 503 for _at, _took, status in life.answers))
    record_property("tokens issued, revoked", [len(life.tokens), sum(seen.has_ended for seen in life.tokens)])
    life.hold_all()
    with psycopg.connect(pair.standby) as connection:
        assert connection.execute(WITHOUT_THEIR_ENTRY).fetchall() == []
    assert life.service.manage("verify_audit_log")["intact"] is True


def require_refusal_of(standby: str) -> None:
    """A command does nothing with a standby, and says why in one line."""
    outcome = manage("list_tokens", DATABASE_URL=standby, **STRONG_KEYS)
    assert outcome.is_one_line_of_refusal
    assert "hot standby" in outcome.stderr
