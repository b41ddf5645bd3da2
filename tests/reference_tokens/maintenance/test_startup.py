"""TOK-2: the service does not start without a key that live tokens need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from pytest_django.fixtures import Settings

from accounts.models import User
from reference_tokens.maintenance.startup import require_complete_key_ring
from reference_tokens.token_values.hashing import key_id
from tests.factories import issued_pat
from trusted_apps.models import TrustedApplication

# The check closes its connection, which a test inside a transaction would not survive.
pytestmark = pytest.mark.django_db(transaction=True)

OLD, NEW = "old-0123456789abcdefghijklmnopqrstuvwxyz", "new-0123456789abcdefghijklmnopqrstuvwxyz"


def test_tok2_a_complete_ring_starts(alice: User, application: TrustedApplication) -> None:
    issued_pat(alice, application)
    require_complete_key_ring()


def test_tok2_a_ring_that_lacks_a_key_ends_the_start_with_one_line_and_a_count(
    alice: User, application: TrustedApplication, settings: Settings
) -> None:
    settings.TOKEN_HASH_KEYS = [OLD]
    for _ in range(3):
        issued_pat(alice, application)
    settings.TOKEN_HASH_KEYS = [NEW]
    with pytest.raises(SystemExit) as caught:
        require_complete_key_ring()
    assert caught.value.code == (
        "TOKEN_HASH_KEYS: 3 live tokens or secrets need a key that is not in it "
        f"({key_id(OLD)}): add it behind the newest key."
        " Where it is lost for good, leave it behind as docs/keys.md tells."
    )


def test_tok2_the_connection_is_closed_before_workers_are_forked(db: None) -> None:
    require_complete_key_ring()
    assert connection.connection is None


@pytest.fixture
def broken_database() -> Iterator[None]:
    def fail(*_args: Any) -> None:
        raise OperationalError("no such table")

    with connection.execute_wrapper(fail):
        yield


def test_t60_a_database_that_does_not_answer_does_not_stop_the_start(
    broken_database: None, log_lines: list[str]
) -> None:
    require_complete_key_ring()
    assert [line for line in log_lines if "the key ring could not be checked" in line]
