"""Entries of the audit log as events of OCSF 1.3, the schema of log systems (AUD-3)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction

from accounts.audit.activities import UNKNOWN
from accounts.audit.record import OPERATOR, Actor, Source, Target, record_event
from accounts.audit.registry import registered_actions
from accounts.audit.sentences import told_events
from accounts.audit.streaming.ocsf import as_ocsf
from accounts.models import User
from tests.accounts.audit.tampering import NOON

# What the words of some entries are made of.
NEEDED: dict[str, dict[str, Any]] = {
    "audit_log:accept": {"says": "entry 4 is missing"},
    "audit_log:prune": {"entries": 1, "through": 1},
}
# What https://schema.ocsf.io/1.3.0 has for the classes that entries are of.
KNOWN = {
    3001: ("user", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 99}),
    3002: ("user", {1, 2, 3, 4, 5, 99}),
    3004: ("entity", {*range(1, 14), 99}),
}


def as_event(actor: Actor, action: str, target: Target, **details: Any) -> dict[str, Any]:
    """An entry as a log system reads it."""
    with transaction.atomic():
        event = record_event(actor, action, target, now=NOON, details=details)
    (line,) = as_ocsf(told_events([event]))
    read: dict[str, Any] = json.loads(line)
    return read


@pytest.mark.once
def test_aud3_every_action_says_what_it_is() -> None:
    assert not [name for name, action in registered_actions().items() if action.activity == UNKNOWN]


@pytest.mark.django_db
def test_aud3_every_action_is_an_activity_that_the_schema_has() -> None:
    for action in registered_actions():
        event = as_event(OPERATOR, action, Target("user", ""), **NEEDED.get(action, {}))
        about, activities = KNOWN[event["class_uid"]]
        assert event["activity_id"] in activities
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
        assert event[about]["name"]


@pytest.mark.django_db
def test_aud3_an_act_on_a_thing_is_told_whole(administrator: User, settings: Any) -> None:
    actor = Actor(Source.MANAGE, "user", str(administrator.pk), address="192.0.2.7", request_id="r1")
    event = as_event(actor, "group:create", Target("group", "7"), name="Staff")
    number = event["metadata"].pop("sequence")
    assert event == {
        "category_uid": 3,
        "class_uid": 3004,
        "activity_id": 1,
        "type_uid": 300401,
        "severity_id": 1,
        "status_id": 1,
        "time": 1801396800000,
        "message": "Ada (ada) created the group Group from 192.0.2.7 in the Instance Manager",
        "metadata": {
            "version": "1.3.0",
            "uid": str(number),
            "event_code": "group:create",
            "correlation_uid": "r1",
            "product": {"name": "Reference Tokens", "vendor_name": "Reference Tokens", "version": settings.VERSION},
        },
        "actor": {"user": {"name": "Ada (ada)", "uid": str(administrator.pk), "type_id": 1, "type": "user"}},
        "src_endpoint": {"ip": "192.0.2.7"},
        "entity": {"name": "Group", "uid": "7", "type": "group"},
        "unmapped": {"source": "manage", "target_type": "group", "target_id": "7", "details": {"name": "Staff"}},
    }


@pytest.mark.django_db
def test_aud3_a_sign_in_that_failed_is_a_failure_of_nobody_known(settings: Any) -> None:
    settings.PRODUCT_NAME = "Our tokens"
    event = as_event(Actor(Source.PROFILE, "anonymous"), "user:sign_in_failed", Target("user", ""), method="password")
    assert (event["class_uid"], event["status_id"], event["severity_id"]) == (3002, 2, 2)
    assert event["actor"]["user"] == {"name": "Not signed in", "type_id": 99, "type": "anonymous"}
    assert event["service"] == {"name": "Our tokens"}
    assert "src_endpoint" not in event
    assert "correlation_uid" not in event["metadata"]


@pytest.mark.django_db
def test_aud3_an_action_of_another_version_is_unknown() -> None:
    event = as_event(OPERATOR, "token:teleport", Target("group", "7"))
    assert (event["class_uid"], event["activity_id"], event["metadata"]["event_code"]) == (3004, 0, "token:teleport")
