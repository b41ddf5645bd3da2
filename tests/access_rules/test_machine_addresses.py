"""Addresses for programs, which no session opens."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from reference_tokens.endpoints import routes as machine_urls
from tests.access_rules.ask import statuses
from tests.access_rules.machine_addresses import BELOW, IN_WORDS, MACHINE
from tests.access_rules.page import METHODS
from tests.pages import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_every_machine_address_has_an_entry() -> None:
    assert {*machine_urls.ENDPOINTS, *machine_urls.FORWARD_AUTH_PREFIXES} == set(MACHINE)


def test_t18_a_session_opens_no_machine_address(visitors: dict[str, User]) -> None:
    for client in (Client(), signed_in(visitors["administrator"])):
        form: Any = {"data": "token=x", "content_type": "application/x-www-form-urlencoded"}
        assert {address: statuses(client, address, **form) for address in MACHINE | BELOW} == MACHINE | BELOW


@pytest.mark.parametrize("method", METHODS)
def test_t33_a_machine_address_sets_no_cookie_and_leads_nowhere_else(administrator_client: Client, method: str) -> None:
    for address in MACHINE | BELOW:
        response = administrator_client.generic(method, address)
        assert not response.cookies
        assert "Location" not in response.headers
        in_words = address in IN_WORDS and response.status_code == 200
        assert response.headers["Content-Type"] == ("text/plain" if in_words else "application/json")
