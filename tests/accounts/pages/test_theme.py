"""The choice of the theme: a cookie, and back to the page it was made on (T44, T48)."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.pages import form_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_a_theme_is_kept_in_a_cookie_and_shown_on_every_page(client: Client, theme: str) -> None:
    response = client.post("/theme/", {"theme": theme, "next": "/accounts/login/?a=b"})
    assert (response.status_code, response.headers["Location"]) == (302, "/accounts/login/?a=b")
    assert f'data-theme="{theme}"' in client.get("/accounts/login/").content.decode()


def test_the_cookie_lasts_a_year_and_no_script_reads_it(client: Client) -> None:
    cookie = client.post("/theme/", {"theme": "dark"}).cookies["theme"]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (31_536_000, True, "Lax")
    assert not cookie["secure"]


def test_t44_in_production_the_cookie_goes_over_https_alone(client: Client, settings: Settings) -> None:
    settings.IS_PRODUCTION = True
    cookie = client.post("/theme/", {"theme": "dark"}).cookies["__Host-theme"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
    assert 'data-theme="dark"' in client.get("/accounts/login/").text


@pytest.mark.parametrize("theme", ["", "Dark", "blue", "dark\r\nSet-Cookie: a=b", '"><script>', "x" * 5000])
def test_a_theme_that_does_not_exist_is_400_and_kept_nowhere(client: Client, theme: str) -> None:
    response = client.post("/theme/", {"theme": theme, "next": "/profile/"})
    assert (response.status_code, response.headers["Content-Type"]) == (400, "text/plain")
    assert not response.cookies


def test_a_cookie_that_nobody_set_here_shows_as_the_theme_of_the_system(client: Client) -> None:
    client.cookies["theme"] = "<script>"
    assert 'data-theme="auto"' in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize("target", ["/", "/profile/?q=a%20b#c", "profile/", "?a=b", "/%09/evil.example"])
def test_t48_back_to_an_address_of_ours(client: Client, target: str) -> None:
    response = client.post("/theme/", {"theme": "dark", "next": target})
    assert response.headers["Location"] == target


@pytest.mark.parametrize(
    "target",
    [
        "",
        " ",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "\\/evil.example",
        "https:evil.example",
        "https://evil.example",
        "https:///evil.example",
        "http:\\\\evil.example",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "\tjavascript:alert(1)",
        "data:text/html,x",
        "\t//evil.example",
        "\x00//evil.example",
        " //evil.example",
        "//testserver@evil.example",
        "http://testserver@evil.example/",
        "http://testserver:x@evil.example",
        "http://evil.example\\@testserver",
        "http://testserver.evil.example",
        "//evil.example/testserver",
        "ftp://testserver/",
    ],
)
def test_t48_never_to_another_place(client: Client, target: str) -> None:
    response = client.post("/theme/", {"theme": "dark", "next": target})
    assert (response.status_code, response.headers["Location"]) == (302, "/")


def test_t48_in_production_not_back_to_plain_http(client: Client, settings: Settings) -> None:
    settings.IS_PRODUCTION = True
    response = client.post("/theme/", {"theme": "dark", "next": "http://testserver/profile/"})
    assert response.headers["Location"] == "/"


@pytest.mark.parametrize("target", ["https://testserver/profile/", "https://tokens.example.com:8443/profile/"])
def test_t48_back_to_a_whole_address_of_ours_with_the_port_that_a_proxy_leaves_out(
    client: Client, settings: Settings, target: str
) -> None:
    settings.IS_PRODUCTION, settings.CSRF_TRUSTED_ORIGINS = True, ["https://tokens.example.com:8443"]
    assert client.post("/theme/", {"theme": "dark", "next": target}).headers["Location"] == target


def test_t29_a_line_break_in_the_address_does_not_split_the_answer(client: Client) -> None:
    response = client.post("/theme/", {"theme": "dark", "next": "/a\r\nSet-Cookie: x=y"})
    assert response.headers["Location"] == "/a%0D%0ASet-Cookie:%20x=y"


def test_the_menu_of_a_page_leads_back_to_that_page(alice_client: Client) -> None:
    response = alice_client.get("/profile/security/tokens/?state=ended")
    assert form_of(response, "/theme/")["next"] == ["/profile/security/tokens/?state=ended"]
