"""Ask an address of the table."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from tests.access_rules.page import METHODS


def address_of(route: str, ids: dict[str, str]) -> str:
    return re.sub(r"<[^>]+>", lambda parameter: ids[parameter[0]], route)


def statuses(client: Client, address: str, **options: Any) -> str:
    return " ".join(str(client.generic(method, address, **options).status_code) for method in METHODS)


# Where the address says what the form is about.
ABOUT = {
    "/manage/security/tokens/revoke-many/": "?matching=1",
    "/manage/security/tokens/suspend-many/": "?matching=1",
}
