"""What pages ask of a request: where it comes from, and which part of a page it wants."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from accounts.http import client_address
from accounts.models import User
from reference_tokens.models import ReferenceToken
from reference_tokens.usage.recorder import recorder
from tests.factories import issued_pat
from trusted_apps.models import TrustedApplication


def address_of(remote: str, forwarded: str | None, **meta: Any) -> str | None:
    if forwarded is not None:
        meta["HTTP_X_FORWARDED_FOR"] = forwarded
    return client_address(RequestFactory().get("/", REMOTE_ADDR=remote, **meta))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, None, "192.0.2.1"),
        (0, "10.0.0.1", "192.0.2.1"),
        (0, "10.0.0.1, 10.0.0.2", "192.0.2.1"),
        (1, None, "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "10.0.0.1", "10.0.0.1"),
        (1, "6.6.6.6, 10.0.0.1", "10.0.0.1"),
        (1, "6.6.6.6,10.0.0.1 ", "10.0.0.1"),
        (1, "10.0.0.1,", "192.0.2.1"),
        (2, "10.0.0.1", "10.0.0.1"),
        (2, "10.0.0.1, 10.0.0.2", "10.0.0.1"),
        (2, "6.6.6.6, 10.0.0.1, 10.0.0.2", "10.0.0.1"),
        (2, None, "192.0.2.1"),
        (1, "2001:DB8:0::1", "2001:db8::1"),
        (1, "fe80::1%eth0", "fe80::1"),
        # With the port of the connection, as Azure's gateways and IIS write it.
        (1, "203.0.113.7:51234", "203.0.113.7"),
        (1, "6.6.6.6, 203.0.113.7:51234", "203.0.113.7"),
        (2, "203.0.113.7:51234,10.0.0.2:80", "203.0.113.7"),
        (1, "[2001:db8::7]:51234", "2001:db8::7"),
        (1, "[2001:db8::7]", "2001:db8::7"),
        (1, '"[2001:DB8::7]:51234"', "2001:db8::7"),
        (1, '"203.0.113.7:_hidden"', "203.0.113.7"),
        (1, '"203.0.113.7"', "203.0.113.7"),
        (1, "2001:db8:1:2:3:4:5:6:51234", "2001:db8:1:2:3:4:5:6"),
        (1, "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        (1, "[fe80::1%25eth0]:80", "fe80::1"),
        (1, "::FFFF:203.0.113.7", "203.0.113.7"),
        (1, "[::ffff:203.0.113.7]:80", "203.0.113.7"),
        (1, "\t203.0.113.7 ", "203.0.113.7"),
        # What cannot be read gives way to the nearest hop that can.
        (1, "evil", "192.0.2.1"),
        (1, "unknown", "192.0.2.1"),
        (1, "6.6.6.6, unknown", "192.0.2.1"),
        (1, "010.0.0.1", "192.0.2.1"),
        (1, "256.0.0.1:80", "192.0.2.1"),
        (1, "<script>", "192.0.2.1"),
        (1, "[", "192.0.2.1"),
        (1, ":80", "192.0.2.1"),
        (2, "unknown, 10.0.0.2", "10.0.0.2"),
        (2, "6.6.6.6, _hidden, 10.0.0.2:80", "10.0.0.2"),
        (2, "6.6.6.6, 10.0.0.1, unknown", "10.0.0.1"),
        (3, "evil, , 10.0.0.3", "10.0.0.3"),
        (3, "unknown, unknown, unknown", "192.0.2.1"),
    ],
)
def test_only_what_the_trusted_proxies_wrote_is_taken_for_the_address(
    settings: Settings, proxies: int, forwarded: str | None, expected: str | None
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    assert address_of("192.0.2.1", forwarded) == expected


@pytest.mark.parametrize(
    ("remote", "expected"), [("", None), ("unix:", None), ("::1", "::1"), ("::ffff:192.0.2.1", "192.0.2.1")]
)
def test_the_address_of_the_connection_in_its_one_form(remote: str, expected: str | None) -> None:
    assert address_of(remote, None) == expected


@pytest.mark.parametrize("header", ["HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_CLIENT_IP", "HTTP_TRUE_CLIENT_IP"])
def test_no_other_header_gives_an_address(settings: Settings, header: str) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    assert address_of("192.0.2.1", None, **{header: "10.0.0.1"}) == "192.0.2.1"


@pytest.mark.django_db
def test_an_address_with_a_zone_can_be_stored_as_that_of_a_use(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application).plaintext
    client.get("/auth/forward", REMOTE_ADDR="fe80::1%eth0", headers={"X-Api-Key": token})
    assert recorder.flush() == 1
    assert ReferenceToken.objects.get().use.last_used_address == "fe80::1"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("headers", "is_partial"),
    [
        ({}, False),
        ({"HX-Request": "true"}, True),
        ({"HX-Request": "true", "HX-Boosted": "true"}, False),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, False),
        ({"HX-Request": "no"}, False),
        ({"HX-Boosted": "true"}, False),
    ],
)
def test_a_part_is_sent_only_to_htmx_that_asks_for_one(
    alice_client: Client, headers: dict[str, str], is_partial: bool
) -> None:
    response = alice_client.get("/profile/security/tokens/new/", headers=headers)
    assert (b"<!doctype html>" not in response.content) is is_partial
    assert "HX-Request" in response.headers["Vary"]
