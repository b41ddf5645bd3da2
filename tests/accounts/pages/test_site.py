"""What every answer of a site has in common."""

from __future__ import annotations

import pytest
from django.test import Client


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
@pytest.mark.parametrize(
    "address",
    [
        "/profile/",
        "/profile/edit/",
        "/profile/devices/",
        "/profile/devices/end-others/",
        "/profile/choices/application/",
        "/profile/security/second-factors/recovery-codes/",
    ],
)
def test_an_answer_says_to_caches_that_it_depends_on_who_asks(
    alice_client: Client, address: str, headers: dict[str, str]
) -> None:
    assert "HX-Request" in alice_client.get(address, headers=headers).headers["Vary"]
