"""The pages and forms of a Resource Server, sent as an administrator does."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from reference_tokens.lifecycle.resource_server_registration import add_secret
from tests.factories import PASSWORD
from tests.pages import CONFIRM_URL, next_of
from trusted_apps.models import TrustedApplication

LIST = "/manage/security/resource-servers/"
NEW = f"{LIST}new/"
SECRET = re.compile(r"enrs_[A-Za-z0-9_-]{43}")


def page_of(server: Any) -> str:
    return f"{LIST}{server.pk}/"


def edit_of(server: Any) -> str:
    return f"{page_of(server)}edit/"


def removal_of(server: Any, secret: Any = None) -> str:
    return f"{page_of(server)}secrets/{(secret or server.secrets.order_by('pk').first()).pk}/remove/"


def second_secret(server: Any) -> str:
    return add_secret(actor=OPERATOR, server_id=server.pk, now=timezone.now())[1]


def filled_in(application: TrustedApplication, **changes: Any) -> dict[str, Any]:
    """The form of a new Resource Server, as it is sent."""
    values = {"name": "Orders API", "applications": [str(application.pk)], "is_enabled": "on"}
    return {name: value for name, value in (values | changes).items() if value is not None}


def confirm(client: Client, response: Any) -> Any:
    """Confirm with the password where the product leads to; returns the page that comes then."""
    assert response["Location"].startswith(CONFIRM_URL)
    confirmed = client.post(CONFIRM_URL, {"password": PASSWORD, "next": next_of(response)})
    return client.get(confirmed["Location"])
