"""What the settings demand where others can reach the service (RUN-2), and refuse to mix."""

from __future__ import annotations

import pytest

from tests.command_line import STRONG_KEYS
from tests.tokens_project.environments import POSTGRESQL, PRODUCTION, Read
from tokens_project.environment import BadSetting

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("environment", "is_production"),
    [
        ({}, False),
        ({"BASE_URL": "http://127.0.0.1:8000"}, False),
        ({"HOST": "::1", "BASE_URL": "http://[::1]:8000"}, False),
        ({"HOST": "localhost"}, False),
        ({**POSTGRESQL, **STRONG_KEYS}, False),
        ({"BASE_URL": "http://tokens.localhost:8000", "HOST": "LOCALHOST"}, False),
        ({"TRUSTED_PROXY_COUNT": "1"}, False),
        (PRODUCTION, True),
        ({**PRODUCTION, "HOST": "0.0.0.0"}, True),
        ({**PRODUCTION, "HOST": "::"}, True),
        ({**PRODUCTION, **POSTGRESQL}, True),
        ({**PRODUCTION, "BASE_URL": "https://localhost:8000"}, True),
        ({**PRODUCTION, "BASE_URL": "HTTPS://Localhost"}, True),
    ],
)
def test_run2_production_is_https_or_a_host_that_others_can_reach(
    read: Read, environment: dict[str, str], is_production: bool
) -> None:
    assert read(**environment)["IS_PRODUCTION"] is is_production


@pytest.mark.parametrize(
    "environment",
    [
        {"HOST": "0.0.0.0"},
        {"HOST": "192.0.2.7", "TRUSTED_PROXY_COUNT": "1"},
        {"BASE_URL": "http://tokens.example.com"},
        {"BASE_URL": "http://tokens.example.com", "TRUSTED_PROXY_COUNT": "1"},
        {"BASE_URL": "http://192.0.2.7:8000"},
        {"BASE_URL": "http://[2001:db8::1]:8000"},
        {"BASE_URL": "http://0.0.0.0:8000"},
        {"BASE_URL": "http://localhost.example.com"},
        {"BASE_URL": "HTTP://TOKENS"},
    ],
)
def test_run2_http_is_refused_where_others_can_reach_the_service(read: Read, environment: dict[str, str]) -> None:
    with pytest.raises(BadSetting, match=r"^BASE_URL: give the public https:// address"):
        read(**STRONG_KEYS, **environment)


@pytest.mark.parametrize("base_url", ["https://tokens.example.com", "HTTPS://Tokens.Example.COM", "https://localhost"])
def test_run2_https_without_a_proxy_that_speaks_it_is_refused(read: Read, base_url: str) -> None:
    for none in ({}, {"TRUSTED_PROXY_COUNT": "0"}):
        with pytest.raises(BadSetting, match=r"^TRUSTED_PROXY_COUNT: give how many proxies stand in front, 1 or more"):
            read(**STRONG_KEYS, BASE_URL=base_url, **none)


@pytest.mark.parametrize(
    "environment",
    [
        PRODUCTION,
        {**STRONG_KEYS, "HOST": "0.0.0.0"},
        {**STRONG_KEYS, "BASE_URL": "http://tokens.example.com"},
        {"ALLOWED_HOSTS": "localhost,tokens.example.com"},
    ],
)
def test_run2_debug_is_refused_in_production(read: Read, environment: dict[str, str]) -> None:
    with pytest.raises(BadSetting, match=r"^DEBUG: it must be False"):
        read(**environment, DEBUG="True")


def test_debug_may_be_on_where_nobody_else_comes(read: Read) -> None:
    assert read(DEBUG="True")["DEBUG"] is True
    assert read(DEBUG="True", ALLOWED_HOSTS=".localhost,127.0.0.1,[::1]")["DEBUG"] is True


@pytest.mark.parametrize(
    ("environment", "names", "secure"),
    [
        ({}, ("session", "csrf", "language"), False),
        (PRODUCTION, ("__Host-session", "__Host-csrf", "__Host-language"), True),
    ],
)
def test_t44_cookies_are_bound_to_the_host_over_https(
    read: Read, environment: dict[str, str], names: tuple[str, str, str], secure: bool
) -> None:
    settings = read(**environment)
    assert tuple(settings[f"{cookie}_COOKIE_NAME"] for cookie in ("SESSION", "CSRF", "LANGUAGE")) == names
    assert (settings["SESSION_COOKIE_SECURE"], settings["CSRF_COOKIE_SECURE"]) == (secure, secure)
    # A __Host- cookie has the path / and no domain.
    cookies = ("SESSION", "CSRF", "LANGUAGE")
    assert not {f"{cookie}_COOKIE_{what}" for cookie in cookies for what in ("DOMAIN", "PATH")} & set(settings)


@pytest.mark.parametrize("environment", [{}, PRODUCTION])
def test_t44_cookies_are_closed_to_scripts_and_other_sites(read: Read, environment: dict[str, str]) -> None:
    settings = read(**environment)
    assert (settings["SESSION_COOKIE_HTTPONLY"], settings["CSRF_COOKIE_HTTPONLY"]) == (True, True)
    assert (settings["SESSION_COOKIE_SAMESITE"], settings["CSRF_COOKIE_SAMESITE"]) == ("Lax", "Lax")


@pytest.mark.parametrize(("environment", "is_on"), [({}, False), (PRODUCTION, True)])
def test_run2_production_alone_has_hsts_and_redirects_to_https(
    read: Read, environment: dict[str, str], is_on: bool
) -> None:
    settings = read(**environment)
    assert (settings["SECURE_SSL_REDIRECT"], settings["SECURE_HSTS_SECONDS"] >= 31_536_000) == (is_on, is_on)
    assert settings["CSRF_TRUSTED_ORIGINS"] == [settings["BASE_URL"]]


@pytest.mark.parametrize(
    ("given", "subdomains", "preload"),
    [
        ({}, True, True),
        ({"HSTS_PRELOAD": "False"}, True, False),
        ({"HSTS_INCLUDE_SUBDOMAINS": "False"}, False, False),
        ({"HSTS_INCLUDE_SUBDOMAINS": "False", "HSTS_PRELOAD": "False"}, False, False),
    ],
)
def test_t43_subdomains_and_browsers_lists_can_be_left_out_of_hsts(
    read: Read, given: dict[str, str], subdomains: bool, preload: bool
) -> None:
    settings = read(**PRODUCTION, **given)
    found = (settings["SECURE_HSTS_INCLUDE_SUBDOMAINS"], settings["SECURE_HSTS_PRELOAD"])
    assert (settings["SECURE_HSTS_SECONDS"], *found) == (63_072_000, subdomains, preload)


def test_t43_no_list_takes_a_host_without_its_subdomains(read: Read) -> None:
    with pytest.raises(BadSetting, match=r"^HSTS_PRELOAD: browsers take a host"):
        read(**PRODUCTION, HSTS_INCLUDE_SUBDOMAINS="False", HSTS_PRELOAD="True")


def test_t54_administrators_need_a_second_factor_in_production(read: Read) -> None:
    assert read()["REQUIRE_ADMIN_SECOND_FACTOR"] is False
    assert read(**PRODUCTION)["REQUIRE_ADMIN_SECOND_FACTOR"] is True
