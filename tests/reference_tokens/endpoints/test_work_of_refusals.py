"""T17: a caller that is refused costs the same work, whichever Resource Server it names, or none that there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from reference_tokens.lifecycle.resource_server_registration import store_secret
from tests.calls_made import calls_made
from tests.factories import ResourceServerFactory
from tests.introspection import PATH, REVOKE_PATH, UNKNOWN, Statements, ask, basic

pytestmark = pytest.mark.django_db

NOBODY, WRONG = "rs_" + "9" * 20, f"enrs_{'x' * 43}"


def named(*, is_enabled: bool, secrets: int) -> Any:
    """A Resource Server with so many secrets."""
    server: Any = ResourceServerFactory.create(is_enabled=is_enabled)
    for _more in range(1, secrets):
        store_secret(server, timezone.now())
    return server


def statements_of(act: Callable[[], object]) -> list[str]:
    """What it asks of the database, without values."""
    with Statements() as statements:
        act()
    return [sql.partition(" WHERE ")[0] for sql in statements.sql]


@pytest.mark.parametrize("token", [UNKNOWN, "x"])
@pytest.mark.parametrize("path", [PATH, REVOKE_PATH])
def test_t17_a_caller_that_is_not_proved_costs_the_same_work_whoever_it_names(
    client: Client, path: str, token: str
) -> None:
    def asking(client_id: str, secret: str) -> Callable[[], Any]:
        return lambda: ask(client, f"token={token}", basic(client_id, secret), path=path)

    acts = [asking(NOBODY, WRONG)]
    for is_enabled, secrets in [(True, 1), (True, 2), (False, 1), (False, 2)]:
        acts.append(asking(named(is_enabled=is_enabled, secrets=secrets).client_id, WRONG))
    disabled = named(is_enabled=False, secrets=1)
    acts.append(asking(disabled.client_id, disabled.plain_secret))
    hold_the_same(acts)


@pytest.mark.parametrize("token", [UNKNOWN, "x"])
def test_t17_forward_auth_for_a_server_that_is_disabled_costs_the_same_work_as_for_none(
    client: Client, token: str
) -> None:
    def asking(client_id: str) -> Callable[[], Any]:
        return lambda: client.get(f"/auth/resource/{client_id}", headers={"authorization": f"Bearer {token}"})

    disabled = [named(is_enabled=False, secrets=secrets).client_id for secrets in (1, 2)]
    hold_the_same([asking(client_id) for client_id in (NOBODY, *disabled)])


def hold_the_same(acts: list[Callable[[], Any]]) -> None:
    """Each is refused, by the same statements and the same calls as the first.

    Within one minute: the first refusal of a minute begins a row, whoever it is of.
    """
    with time_machine.travel(timezone.now(), tick=False):
        assert {act().status_code for act in acts} == {401}
        statements, calls = statements_of(acts[0]), calls_made(acts[0])
        assert len(statements) == 1
        for act in acts[1:]:
            assert statements_of(act) == statements
            found = calls_made(act)
            assert (found - calls, calls - found) == ({}, {})
