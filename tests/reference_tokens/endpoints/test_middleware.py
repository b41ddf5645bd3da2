"""The fork between the machine endpoints and the sites (T33)."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.introspection import Statements

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize(
    "path",
    ["/oauth/introspect/", "/oauth/", "/oauth/Introspect", "/oauth/introspect%00", "/oauth/%2e%2e/x", "/oauth/\xff"],
)
def test_t33_below_a_machine_prefix_everything_else_is_a_json_404_and_no_redirect(
    client: Client, path: str, method: str
) -> None:
    with Statements() as statements:
        response = client.generic(method, path)
    assert (response.status_code, response.content) == (404, b'{"error": "not_found"}')
    assert (response["Content-Type"], response["Cache-Control"]) == ("application/json", "no-store")
    assert statements.sql == []


@pytest.mark.parametrize(
    "path", ["/oauth", "//oauth/introspect", "/Oauth/introspect", "/x/oauth/introspect", "/nowhere/"]
)
def test_t33_any_other_address_goes_to_the_sites(client: Client, path: str) -> None:
    response = client.post(path)
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")
