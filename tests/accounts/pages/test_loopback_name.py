"""A service on this machine alone goes by one name of it, and tells so whoever asks by another."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8000",
        "127.0.0.1",
        "127.1.2.3:8000",
        "[::1]:8000",
        "[::1]",
        "0.0.0.0:8000",
        "[::]:8000",
        "[::ffff:127.0.0.1]:8000",
        "tokens.localhost:8000",
    ],
)
@pytest.mark.parametrize("debug", [False, True])
def test_another_name_of_this_machine_is_answered_by_the_address_to_use(
    client: Client, settings: Settings, host: str, debug: bool
) -> None:
    settings.DEBUG = debug
    response = client.get("/profile/", headers={"host": host})
    assert response.status_code == 400
    assert '<a href="http://localhost:8000/">http://localhost:8000</a>' in response.content.decode()
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies


def test_localhost_is_told_the_address_where_that_is_an_ip_address(client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    settings.BASE_URL = "http://127.0.0.1:8000"
    response = client.get("/profile/", headers={"host": "LOCALHOST:8000"})
    assert response.status_code == 400
    assert "http://127.0.0.1:8000/" in response.content.decode()


@pytest.mark.parametrize(
    "host", ["tokens.example.com", "192.0.2.7:8000", "localhost.example.com", "127.0.0.1.example", ""]
)
def test_a_host_elsewhere_is_told_nothing(client: Client, host: str) -> None:
    response = client.get("/profile/", headers={"host": host})
    assert response.status_code == 400
    assert "localhost:8000" not in response.content.decode()


def test_a_service_that_others_reach_names_no_address(client: Client, settings: Settings) -> None:
    settings.IS_PRODUCTION = True
    settings.ALLOWED_HOSTS = ["tokens.example.com"]
    settings.BASE_URL = "https://tokens.example.com"
    response = client.get("/profile/", headers={"host": "127.0.0.1"})
    assert response.status_code == 400
    assert "tokens.example.com" not in response.content.decode()


@pytest.mark.parametrize("host", ["localhost:8000", "localhost", "LocalHost:8000"])
def test_the_name_of_the_address_is_answered(client: Client, host: str) -> None:
    assert client.get("/accounts/login/", headers={"host": host}).status_code == 200


def test_machine_addresses_are_answered_by_every_name(client: Client) -> None:
    assert client.get("/healthz", headers={"host": "127.0.0.1:8000"}).status_code == 200
