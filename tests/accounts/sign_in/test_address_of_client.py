"""The client's address as django-allauth asks for it is that of everything else here."""

from __future__ import annotations

import pytest
from allauth.account.adapter import get_adapter
from django.test import RequestFactory

pytestmark = pytest.mark.once


@pytest.mark.parametrize("address", ["192.0.2.7", ""])
def test_it_is_the_address_or_empty(address: str) -> None:
    assert get_adapter().get_client_ip(RequestFactory().get("/", REMOTE_ADDR=address)) == address
