"""Setting up an app and adding a passkey in the browser."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from accounts.models import AuditEvent
from tests.pages import form_of
from tests.second_factors import (
    APP_URL,
    PASSKEY_URL,
    App,
    key_of,
    options_of,
)
from tests.soft_key import SoftKey


def actions() -> list[str]:
    events = AuditEvent.objects.exclude(action__startswith="user:").order_by("seq")
    return list(events.values_list("action", flat=True))


def set_up(client: Client) -> tuple[App, Any]:
    """An app set up on the page for that, and the answer."""
    page = client.get(APP_URL)
    app = App(key_of(page))
    return app, client.post(APP_URL, form_of(page) | {"code": app.code()})


def add(client: Client, key: SoftKey, name: str = "Laptop") -> Any:
    page = client.get(PASSKEY_URL)
    sent = {"name": name, "credential": json.dumps(key.created(options_of(page)))}
    return client.post(PASSKEY_URL, form_of(page) | sent)
