from __future__ import annotations

from django.test import Client


def test_address_that_is_nowhere_is_404(client: Client, db: None) -> None:
    assert client.get("/nowhere/").status_code == 404
