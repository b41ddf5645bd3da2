from __future__ import annotations

import os
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import BASE_DIR, KEPT, STRONG_KEYS
from tokens_project.environment import BadSetting

pytestmark = pytest.mark.once

HTTPS = {"BASE_URL": "https://tokens.example.com"}
PRODUCTION = {**HTTPS, **STRONG_KEYS, "TRUSTED_PROXY_COUNT": "1"}
POSTGRESQL = {"DATABASE_URL": "postgres://tokens:secret@localhost/tokens"}
KEY = STRONG_KEYS["SECRET_KEY"]
Read = Callable[..., dict[str, Any]]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Read:
    """Reads the settings as a process with this environment would."""

    def settings(**environment: str) -> dict[str, Any]:
        for name in set(os.environ) - KEPT:
            monkeypatch.delenv(name)
        for name, value in {"DATA_DIR": str(tmp_path / "data"), **environment}.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(BASE_DIR / "tokens_project" / "settings.py"))

    return settings


def made(tmp_path: Path) -> set[str]:
    """The names of the files that reading the settings made."""
    return {path.name for path in (tmp_path / "data").glob("*")}


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("HOST", "127.0.0.1"),
        ("PORT", 8000),
        ("BASE_URL", "http://localhost:8000"),
        ("PRODUCT_NAME", "Reference Tokens"),
        ("DEBUG", False),
        ("MAX_TOKEN_LIFETIME_DAYS", 366),
        ("MAX_LIVE_PATS_PER_PERSON", 100),
        ("MAX_LIVE_SATS_PER_APPLICATION", 1000),
        ("LAST_USED_FLUSH_SECONDS", 5),
        ("SECRET_KEY_FALLBACKS", []),
        ("ALLOWED_HOSTS", ["localhost"]),
        ("OIDC_ISSUER", ""),
        ("OIDC_USERNAME_CLAIM", "preferred_username"),
        ("OIDC_CREATE_USERS", False),
        ("CSRF_TRUSTED_ORIGINS", ["http://localhost:8000"]),
    ],
)
def test_setting_that_is_not_given_has_the_default_of_the_contract(read: Read, name: str, default: object) -> None:
    assert read()[name] == default


def test_base_url_follows_the_port(read: Read) -> None:
    assert read(PORT="9000")["BASE_URL"] == "http://localhost:9000"


def test_data_stands_in_the_data_folder(read: Read, tmp_path: Path) -> None:
    settings = read()
    assert settings["DATABASES"]["default"]["NAME"] == tmp_path / "data" / "db.sqlite3"
    assert settings["STATIC_ROOT"] == tmp_path / "data" / "static"


@pytest.mark.parametrize(
    ("base_url", "hosts"),
    [("https://tokens.example.com:8443", ["tokens.example.com"]), ("http://[::1]:8000", ["[::1]"])],
)
def test_allowed_host_is_that_of_the_base_url(read: Read, base_url: str, hosts: list[str]) -> None:
    assert read(**{**PRODUCTION, "BASE_URL": base_url})["ALLOWED_HOSTS"] == hosts


def test_allowed_hosts_may_be_given(read: Read) -> None:
    assert read(ALLOWED_HOSTS="a.example.com, b.example.com")["ALLOWED_HOSTS"] == ["a.example.com", "b.example.com"]


@pytest.mark.parametrize(
    ("given", "base_url", "host", "origin"),
    [
        (
            "HTTPS://Tokens.Example.COM",
            "https://tokens.example.com",
            "tokens.example.com",
            "https://tokens.example.com",
        ),
        (
            "https://tokens.example.com:443",
            "https://tokens.example.com:443",
            "tokens.example.com",
            "https://tokens.example.com",
        ),
        ("https://[2001:DB8:0::1]", "https://[2001:db8::1]", "[2001:db8::1]", "https://[2001:db8::1]"),
    ],
)
def test_a_base_url_in_any_spelling_is_the_origin_that_browsers_send(
    read: Read, given: str, base_url: str, host: str, origin: str
) -> None:
    settings = read(**{**PRODUCTION, "BASE_URL": given})
    found = (settings["BASE_URL"], settings["ALLOWED_HOSTS"], settings["CSRF_TRUSTED_ORIGINS"])
    assert found == (base_url, [host], [origin])


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


def test_run2_keys_are_read_from_the_data_folder_for_sqlite_on_loopback(read: Read, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret_key").write_text(KEY)
    (tmp_path / "data" / "token_hash_keys").write_text(STRONG_KEYS["TOKEN_HASH_KEYS"])
    settings = read()
    assert (settings["SECRET_KEY"], settings["TOKEN_HASH_KEYS"]) == (KEY, [STRONG_KEYS["TOKEN_HASH_KEYS"]])


def test_run2_reading_the_settings_makes_nothing(read: Read, tmp_path: Path) -> None:
    first, second = read(), read()
    assert first["SECRET_KEY"] != second["SECRET_KEY"]
    assert [first["SECRET_KEY"]] != first["TOKEN_HASH_KEYS"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param(HTTPS, id="https"),
        pytest.param({**HTTPS, "HOST": "0.0.0.0"}, id="https and an open host"),
        pytest.param({"HOST": "0.0.0.0"}, id="open host"),
        pytest.param({"BASE_URL": "http://tokens.example.com"}, id="http at a public name"),
        pytest.param(POSTGRESQL, id="PostgreSQL"),
        pytest.param({"BASE_URL": "https://localhost:8000"}, id="https on loopback"),
    ],
)
def test_run2_keys_are_never_made_elsewhere(read: Read, tmp_path: Path, environment: dict[str, str]) -> None:
    with pytest.raises(BadSetting, match=r"^SECRET_KEY: set it"):
        read(**environment)
    with pytest.raises(BadSetting, match=r"^TOKEN_HASH_KEYS: set it"):
        read(**environment, SECRET_KEY=KEY)
    assert made(tmp_path) == set()


def test_run2_keys_are_not_taken_from_the_file_in_production(read: Read) -> None:
    read()
    with pytest.raises(BadSetting, match=r"^SECRET_KEY: set it"):
        read(**HTTPS)


def test_run2_given_keys_are_used_in_production(read: Read) -> None:
    settings = read(**{**PRODUCTION, "TOKEN_HASH_KEYS": f"{KEY[::-1]},{STRONG_KEYS['TOKEN_HASH_KEYS']}"})
    assert settings["SECRET_KEY"] == KEY
    assert settings["TOKEN_HASH_KEYS"] == [KEY[::-1], STRONG_KEYS["TOKEN_HASH_KEYS"]]


@pytest.mark.parametrize("base", [{}, PRODUCTION], ids=["loopback", "production"])
@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"SECRET_KEY": KEY, "TOKEN_HASH_KEYS": KEY}, "TOKEN_HASH_KEYS"),
        ({"SECRET_KEY": KEY, "TOKEN_HASH_KEYS": f"{KEY[::-1]},{KEY}"}, "TOKEN_HASH_KEYS"),
        ({"SECRET_KEY": KEY, "METRICS_TOKEN": KEY}, "METRICS_TOKEN"),
        ({"SECRET_KEY": KEY, "METRICS_TOKEN": KEY[:40]}, "SECRET_KEY"),
        ({"TOKEN_HASH_KEYS": KEY[::-1], "METRICS_TOKEN": KEY[::-1]}, "METRICS_TOKEN"),
        (
            {
                "SECRET_KEY": KEY,
                "OIDC_ISSUER": "https://id.example.com",
                "OIDC_CLIENT_ID": "a",
                "OIDC_CLIENT_SECRET": KEY,
            },
            "OIDC_CLIENT_SECRET",
        ),
        ({"SECRET_KEY": KEY, "DATABASE_URL": f"postgres://tokens:{KEY}@localhost/tokens"}, "DATABASE_URL"),
        ({"SECRET_KEY": KEY, "CACHE_URL": f"redis://:{KEY.replace('-', '%2D')}@localhost/0"}, "CACHE_URL"),
        ({"SECRET_KEY": KEY, "EMAIL_URL": f"smtps://tokens:{KEY}@mail.example.com"}, "EMAIL_URL"),
    ],
)
def test_t55_a_key_that_opens_something_else_too_is_refused(
    read: Read, base: dict[str, str], given: dict[str, str], named: str
) -> None:
    with pytest.raises(BadSetting, match=rf"^{named}: a key of [A-Z_]+ stands in it; ") as stopped:
        read(**{**STRONG_KEYS, **base, **given})
    assert KEY not in str(stopped.value)


def test_t55_a_shared_key_leaves_by_the_older_ones(read: Read) -> None:
    shared = KEY[::-1]
    settings = read(**{**PRODUCTION, "SECRET_KEY_FALLBACKS": shared, "TOKEN_HASH_KEYS": shared})
    assert settings["SECRET_KEY_FALLBACKS"] == settings["TOKEN_HASH_KEYS"] == [shared]


def test_t55_secret_key_fallbacks_are_read(read: Read) -> None:
    other = KEY[::-1]
    assert read(SECRET_KEY_FALLBACKS=f"{KEY}, {other}")["SECRET_KEY_FALLBACKS"] == [KEY, other]


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


@pytest.mark.parametrize("base", [{}, PRODUCTION], ids=["loopback", "production"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOST", "0.0.0.0:9000"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "9" * 5000),
        ("WORKERS", "0"),
        ("WORKERS", "many"),
        ("DATA_DIR", "/dev/null/data"),
        ("DATABASE_URL", "mysql://tokens:hunter2@localhost/tokens"),
        ("DATABASE_URL", "postgres://tokens:hunter2@[/tokens"),
        ("BASE_URL", "https://tokens.example.com/path"),
        ("BASE_URL", "https://[hunter2"),
        ("PRODUCT_NAME", "hunter2\nBcc: mallory"),
        ("DEBUG", "hunter2"),
        ("SECRET_KEY", "hunter2"),
        ("SECRET_KEY", "django-insecure-" + KEY),
        ("SECRET_KEY_FALLBACKS", "hunter2"),
        ("TOKEN_HASH_KEYS", "hunter2"),
        ("TOKEN_HASH_KEYS", f"{KEY},{KEY}"),
        ("MAX_TOKEN_LIFETIME_DAYS", "0"),
        ("MAX_TOKEN_LIFETIME_DAYS", "36501"),
        ("MAX_LIVE_PATS_PER_PERSON", "-1"),
        ("MAX_LIVE_SATS_PER_APPLICATION", "1.5"),
        ("LAST_USED_FLUSH_SECONDS", "6"),
        ("ALLOWED_HOSTS", "https://hunter2.example.com"),
        ("CACHE_URL", "redis://:hunter2@localhost/0?ssl=true"),
        ("EMAIL_URL", "smtp://me:hunter2@mail.example.com/?tls=true"),
        ("DEFAULT_FROM_EMAIL", "hunter2"),
    ],
)
def test_bad_value_stops_the_start_with_one_line_that_names_it(
    read: Read, base: dict[str, str], name: str, value: str
) -> None:
    with pytest.raises(BadSetting) as stopped:
        read(**{**base, name: value})
    message = str(stopped.value)
    assert message.startswith(f"{name}: ")
    assert "\n" not in message
    assert "hunter2" not in message and KEY not in message  # noqa: PT018


@pytest.mark.parametrize(
    ("environment", "names", "secure"),
    [({}, ("session", "csrf"), False), (PRODUCTION, ("__Host-session", "__Host-csrf"), True)],
)
def test_t44_cookies_are_bound_to_the_host_over_https(
    read: Read, environment: dict[str, str], names: tuple[str, str], secure: bool
) -> None:
    settings = read(**environment)
    assert (settings["SESSION_COOKIE_NAME"], settings["CSRF_COOKIE_NAME"]) == names
    assert (settings["SESSION_COOKIE_SECURE"], settings["CSRF_COOKIE_SECURE"]) == (secure, secure)
    # A __Host- cookie has the path / and no domain.
    assert not {"SESSION_COOKIE_DOMAIN", "SESSION_COOKIE_PATH", "CSRF_COOKIE_DOMAIN", "CSRF_COOKIE_PATH"} & set(
        settings
    )


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


def test_run1_what_was_given_is_told_apart_from_secrets(read: Read, tmp_path: Path) -> None:
    settings = read(
        **STRONG_KEYS,
        PORT="8001",
        HOST="127.0.0.1",
        DATABASE_URL="postgres://me:hunter2@localhost/tokens",
        CACHE_URL="redis://localhost/0",
        PRODUCT_NAME="  ",
    )
    shown = {"DATA_DIR": str(tmp_path / "data"), "PORT": "8001", "CACHE_URL": "redis://localhost/0"}
    assert settings["GIVEN_SETTINGS"] == shown
    assert settings["GIVEN_SECRETS"] == ["DATABASE_URL", "SECRET_KEY", "TOKEN_HASH_KEYS"]


def test_run2_secret_key_is_one_key(read: Read) -> None:
    with pytest.raises(BadSetting, match=r"\ASECRET_KEY: "):
        read(**{**PRODUCTION, "SECRET_KEY": f"{KEY},{KEY[::-1]}"})


@pytest.mark.parametrize("value", ["short", "über-" + STRONG_KEYS["TOKEN_HASH_KEYS"]])
def test_a_metrics_token_that_is_weak_or_no_header_can_hold_is_refused(read: Read, value: str) -> None:
    with pytest.raises(BadSetting, match=r"\AMETRICS_TOKEN: "):
        read(METRICS_TOKEN=value)


OPENID = {"OIDC_ISSUER": "https://id.example.com", "OIDC_CLIENT_ID": "tokens", "OIDC_CLIENT_SECRET": "secret"}


def test_a_provider_is_named_by_three_settings_together(read: Read) -> None:
    assert read(**OPENID).items() >= OPENID.items()


@pytest.mark.parametrize("missing", sorted(OPENID))
def test_a_provider_that_is_named_by_halves_stops_the_start(read: Read, missing: str) -> None:
    with pytest.raises(BadSetting, match=r"are given together, or none of them\.$") as refusal:
        read(**{name: value for name, value in OPENID.items() if name != missing})
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("environment", "has_passkeys"),
    [
        (PRODUCTION, True),
        ({"BASE_URL": "http://tokens.localhost:8000"}, True),
        ({"BASE_URL": "http://127.0.0.1:8000"}, False),
        ({**PRODUCTION, "BASE_URL": "https://192.0.2.7"}, False),
    ],
)
def test_passkeys_are_offered_where_browsers_make_them(
    read: Read, environment: dict[str, str], has_passkeys: bool
) -> None:
    settings = read(**environment)
    assert settings["HAS_PASSKEYS"] is has_passkeys
    assert ("webauthn" in settings["MFA_SUPPORTED_TYPES"]) is has_passkeys


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
