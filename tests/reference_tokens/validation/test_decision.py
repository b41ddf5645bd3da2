"""VAL-1: the decision, in every state and every pair of states."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reference_tokens.validation.decision import Decision, Holder, Inactive, TokenRecord, decide

NOW = datetime(2027, 1, 31, 12, tzinfo=UTC)
HOLDER = Holder(uuid.UUID(int=1), "alice", True, "Alice", "", False)
GOOD = TokenRecord(
    id=uuid.UUID(int=2),
    kind="PAT",
    scopes=("read", "update"),
    issued_at=NOW - timedelta(days=1),
    expires_at=NOW + timedelta(days=1),
    revoked_at=None,
    suspended_at=None,
    first_used_at=None,
    application_uri="com.example/excel",
    application_is_enabled=True,
    application_scopes=("read", "update"),
    holder=HOLDER,
    is_for_server=True,
    groups=(),
)

# In the order of VAL-1: of two reasons the earlier one is the answer.
STATES: list[tuple[Inactive, dict[str, Any]]] = [
    (Inactive.OTHER_SERVER, {"is_for_server": False}),
    (Inactive.REVOKED, {"revoked_at": NOW}),
    (Inactive.SUSPENDED, {"suspended_at": NOW}),
    (Inactive.EXPIRED, {"expires_at": NOW}),
    (Inactive.APPLICATION_DISABLED, {"application_is_enabled": False}),
    (Inactive.HOLDER_INACTIVE, {"holder": HOLDER._replace(is_active=False)}),
    (Inactive.NO_SCOPES, {"application_scopes": ("write",)}),
]


def test_val1_a_token_without_a_reason_against_it_is_active_with_its_scopes() -> None:
    decision = decide(GOOD, NOW)
    assert decision.is_active
    assert decision.scopes == ("read", "update")
    assert decision.record is GOOD


@pytest.mark.parametrize(("reason", "state"), STATES)
def test_val1_each_state_alone_makes_it_inactive_with_no_scopes(reason: Inactive, state: dict[str, Any]) -> None:
    decision = decide(GOOD._replace(**state), NOW)
    assert not decision.is_active
    assert decision.inactive is reason
    assert decision.scopes == ()


@pytest.mark.parametrize(("earlier", "later"), list(itertools.combinations(STATES, 2)))
def test_val1_of_two_states_the_earlier_in_the_order_is_the_reason(
    earlier: tuple[Inactive, dict[str, Any]], later: tuple[Inactive, dict[str, Any]]
) -> None:
    assert decide(GOOD._replace(**later[1] | earlier[1]), NOW).inactive is earlier[0]


@pytest.mark.parametrize("number", range(2 ** len(STATES)))
def test_val1_any_set_of_states_gives_the_first_reason_and_only_the_empty_set_is_active(number: int) -> None:
    chosen = [state for position, state in enumerate(STATES) if number >> position & 1]
    changes = {key: value for _reason, state in chosen for key, value in state.items()}
    assert decide(GOOD._replace(**changes), NOW).inactive is (chosen[0][0] if chosen else None)


def test_val1_a_sat_without_a_system_user_has_no_holder_and_is_inactive() -> None:
    assert decide(GOOD._replace(kind="SAT", holder=Holder(None, "", False)), NOW).inactive is Inactive.HOLDER_INACTIVE


@pytest.mark.parametrize(("offset", "is_active"), [(-1, True), (0, False), (1, False)])
def test_t6_a_token_is_expired_from_its_expiry_instant_on(offset: int, is_active: bool) -> None:
    expires_at = NOW - timedelta(microseconds=offset)
    assert decide(GOOD._replace(expires_at=expires_at), NOW).is_active is is_active


def test_tok5_a_token_without_expiry_does_not_expire() -> None:
    assert decide(GOOD._replace(expires_at=None), NOW + timedelta(days=36_500)).is_active


def test_t13_effective_scopes_are_the_tokens_own_and_the_applications() -> None:
    record = GOOD._replace(scopes=("read", "update"), application_scopes=("read", "write"))
    assert decide(record, NOW).scopes == ("read",)


def test_val1_a_token_that_is_active_has_its_record_as_a_good_one() -> None:
    assert decide(GOOD, NOW).good is GOOD


@pytest.mark.parametrize(
    "decision",
    [decide(GOOD._replace(revoked_at=NOW), NOW), Decision(None, inactive=Inactive.UNKNOWN), Decision(None)],
    ids=["revoked", "unknown", "no record"],
)
def test_val1_a_token_that_is_not_active_has_no_good_record(decision: Decision) -> None:
    with pytest.raises(ValueError, match=r"\Athe token is not active\Z"):
        _ = decision.good


@pytest.mark.parametrize(
    ("required", "has"),
    [([], True), (["read"], True), (["update", "read"], True), (["write"], False), (["read", "write"], False)],
)
def test_val1_a_token_has_the_required_scopes_where_it_has_each_of_them(required: list[str], has: bool) -> None:
    assert decide(GOOD, NOW).has_scopes(required) is has


def test_val1_a_token_that_is_not_active_has_no_scope_that_is_required() -> None:
    assert not decide(GOOD._replace(revoked_at=NOW), NOW).has_scopes(["read"])
