"""Entries to be found in the audit log."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from django.db import transaction
from django.test import Client

from accounts.audit.record import OPERATOR, Actor, Target, record_event
from accounts.models import AuditEvent
from tests.pages import text_of

LOG = "/manage/security/audit-log/"
NOW = datetime(2027, 1, 31, 12, tzinfo=UTC)


def entry(
    action: str = "user:sign_in",
    target: Target = Target("user", ""),  # noqa: B008 - never changed
    *,
    actor: Actor = OPERATOR,
    at: datetime = NOW,
    **details: Any,
) -> AuditEvent:
    """One entry."""
    with transaction.atomic():
        return record_event(actor, action, target, now=at, details=details)


def entries(number: int) -> list[int]:
    """The numbers of so many new entries, a minute apart, the newest first."""
    return [entry("user:sign_out", at=NOW + timedelta(minutes=minute)).seq for minute in range(number)][::-1]


def listed(response: Any) -> list[int]:
    """The numbers of the entries on a page."""
    return [int(number) for number in re.findall(r'id="event-(\d+)"', response.content.decode())]


def found(client: Client, **filters: Any) -> list[int]:
    """The numbers of the entries that the filters leave."""
    response = client.get(LOG, filters)
    assert response.status_code == 200
    return listed(response)


def sentences(response: Any) -> list[str]:
    """The sentences of a page."""
    cells = re.findall(r'<th role="rowheader" scope="row">\s*<div>(.*?)</div>', response.content.decode(), re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]*>", "", cell)).split()) for cell in cells]


def words(client: Client, **filters: Any) -> str:
    """What the page says."""
    return text_of(client.get(LOG, filters))
