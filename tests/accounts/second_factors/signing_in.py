"""What became of a sign-in."""

from __future__ import annotations

from django.test import Client

from accounts.models import AuditEvent


def is_signed_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def failures() -> list[tuple[str, str]]:
    found = AuditEvent.objects.filter(action="user:sign_in_failed").order_by("seq")
    return [(event.details["method"], event.target_id) for event in found]
