"""Ask an address of the table."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from tests.access_rules.page import METHODS


def address_of(route: str, ids: dict[str, str]) -> str:
    return re.sub(r"<[^>]+>", lambda parameter: ids[parameter[0]], route)


def statuses(client: Client, address: str, **options: Any) -> str:
    return " ".join(str(client.generic(method, address, **options).status_code) for method in METHODS)


# Sooner than the tokens of the cast expire.
SOON = f"?matching=1&expires_at={datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M}"
# Where the address says what the form is about.
ABOUT = {
    "/manage/security/tokens/revoke-many/": "?matching=1",
    "/manage/security/tokens/suspend-many/": "?matching=1",
    "/profile/security/tokens/revoke-many/": "?matching=1",
    "/manage/security/tokens/shorten-many/": SOON,
    "/profile/security/tokens/shorten-many/": SOON,
}
