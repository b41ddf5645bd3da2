"""Resource Servers, registered and changed as the operator."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent
from reference_tokens.lifecycle.resource_server_registration import (
    add_secret,
    create_resource_server,
    remove_secret,
    update_resource_server,
)
from reference_tokens.models import ResourceServer, ResourceServerSecret


def create(**changes: Any) -> tuple[ResourceServer, str]:
    values: dict[str, Any] = {"actor": OPERATOR, "now": timezone.now(), "name": "Orders API"}
    values["asks_for_all_applications"] = not changes.get("applications")
    return create_resource_server(**values | changes)


def update(server: ResourceServer, **changes: Any) -> ResourceServer:
    values: dict[str, Any] = {"actor": OPERATOR, "now": timezone.now(), "applications": server.applications.all()}
    return update_resource_server(server_id=server.pk, **values | changes)


def add(server: Any) -> tuple[ResourceServerSecret, str]:
    return add_secret(actor=OPERATOR, server_id=server.pk, now=timezone.now())


def remove(server: Any, secret_id: int) -> bool:
    return remove_secret(actor=OPERATOR, server_id=server.pk, secret_id=secret_id, now=timezone.now())


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))
