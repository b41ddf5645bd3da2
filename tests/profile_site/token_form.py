"""The form of a new token, filled in and sent."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

from django.test import Client

from tests.pages import (
    Fields,
    form_of,
)
from trusted_apps.models import TrustedApplication

CREATE = "/profile/security/tokens/new/"
LIST = "/profile/security/tokens/"
NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)


def filled_in(client: Client, application: TrustedApplication, /, **changes: Any) -> Fields:
    """The form as it is shown, with an application chosen and these changes."""
    fields = form_of(client.get(f"{CREATE}?application={application.pk}"))
    return fields | {"application": [str(application.pk)], "description": ["Laptop"]} | changes


def create(client: Client, application: TrustedApplication, /, **changes: Any) -> Any:
    return client.post(CREATE, filled_in(client, application, **changes))


def options(response: Any) -> list[tuple[str, str]]:
    """The names and URIs of the applications that are offered, in their order."""
    option = r'name="choice" value="[^"]*">\s*<bdi>(.*?)</bdi> <code>(.*?)</code>'
    return [(unescape(name), uri) for name, uri in re.findall(option, response.content.decode())]
