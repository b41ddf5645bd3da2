"""Entries of the audit log as events of OCSF (https://schema.ocsf.io), which log systems take without a parser."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings

from accounts.audit.activities import EventClass
from accounts.audit.registry import action_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from accounts.audit.sentences import ToldEvent
    from accounts.models import AuditEvent

VERSION = "1.3.0"
EPOCH, MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
VENDOR = "Reference Tokens"
IDENTITY_AND_ACCESS = 3
SUCCESS, FAILURE = 1, 2
A_PERSON, NOBODY_IN_PERSON = 1, 99


def as_ocsf(entries: Iterable[ToldEvent]) -> Generator[str, None, None]:
    """One event a line."""
    for told in entries:
        yield json.dumps(ocsf_event(told), ensure_ascii=False) + "\n"


def ocsf_event(told: ToldEvent) -> dict[str, Any]:
    """The event of an entry; what OCSF has no place for stands in `unmapped`, by the names of the other formats."""
    event, activity = told.event, action_of(told.event).activity
    return {
        "category_uid": IDENTITY_AND_ACCESS,
        "class_uid": int(activity.event_class),
        "activity_id": activity.id,
        "type_uid": activity.event_class * 100 + activity.id,
        "severity_id": int(activity.severity),
        "status_id": FAILURE if activity.is_failure else SUCCESS,
        "time": (event.at - EPOCH) // MILLISECOND,
        "message": told.sentence,
        "metadata": metadata(event),
        "actor": {"user": account(event.actor_type, event.actor_id, told.actor_name)},
        **({"src_endpoint": {"ip": event.address}} if event.address else {}),
        **about(told, activity.event_class),
        "unmapped": {
            "source": event.source,
            "target_type": event.target_type,
            "target_id": event.target_id,
            "details": event.details,
        },
    }


def metadata(event: AuditEvent) -> dict[str, Any]:
    """The product, and the entry: `uid` is its number, by which doubles are known."""
    return {
        "version": VERSION,
        "uid": str(event.seq),
        "sequence": event.seq,
        "event_code": event.action,
        **({"correlation_uid": event.request_id} if event.request_id else {}),
        "product": {"name": settings.PRODUCT_NAME, "vendor_name": VENDOR, "version": settings.VERSION},
    }


def account(kind: str, pk: str, name: str) -> dict[str, Any]:
    """A person, or what acts and is none, as OCSF has both: a user."""
    type_id = A_PERSON if kind == "user" else NOBODY_IN_PERSON
    return {"name": name, **({"uid": pk} if pk else {}), "type_id": type_id, "type": kind}


def about(told: ToldEvent, event_class: EventClass) -> dict[str, Any]:
    """What the act was done to, as its class names that."""
    event = told.event
    if event_class is EventClass.ENTITY_MANAGEMENT:
        uid = {"uid": event.target_id} if event.target_id else {}
        return {"entity": {"name": told.target_name, **uid, "type": event.target_type}}
    user = {"user": account(event.target_type, event.target_id, told.target_name)}
    if event_class is EventClass.AUTHENTICATION:
        user["service"] = {"name": settings.PRODUCT_NAME}
    return user
