"""The settings as a process with a given environment reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command_line import STRONG_KEYS
from tests.tokens_project.environments import KEY, PRODUCTION, Read
from tokens_project.environment import BadSetting

pytestmark = pytest.mark.once


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
        ("AUDIT_DAYS", 0),
        ("AUDIT_ANCHOR", ""),
        ("AUDIT_STREAM", ""),
        ("FENCE_FILE", ""),
        ("AUDIT_STREAM_FORMAT", "jsonl"),
        ("OIDC_ISSUER", ""),
        ("LEAK_GITHUB_KEYS_URL", ""),
        ("LEAK_LOOKUP", False),
        ("OIDC_USERNAME_CLAIM", "preferred_username"),
        ("OIDC_CREATE_USERS", False),
        ("CSRF_TRUSTED_ORIGINS", ["http://localhost:8000"]),
    ],
)
def test_setting_that_is_not_given_has_the_default_of_the_contract(read: Read, name: str, default: object) -> None:
    assert read()[name] == default


@pytest.mark.parametrize("where", ["/var/log/anchors", "syslog:", "syslog://log.example.com", "syslog://[::1]:601"])
def test_aud2_the_audit_log_is_anchored_in_a_file_or_a_log(read: Read, where: str) -> None:
    assert read(AUDIT_ANCHOR=where)["AUDIT_ANCHOR"] == where


@pytest.mark.parametrize("where", ["/var/log/tokens/audit.jsonl", "-", "syslog:", "syslog://log.example.com:601"])
def test_aud3_the_audit_log_is_sent_to_a_file_standard_output_or_a_log(read: Read, where: str) -> None:
    settings = read(AUDIT_STREAM=where, AUDIT_STREAM_FORMAT="ocsf")
    assert (settings["AUDIT_STREAM"], settings["AUDIT_STREAM_FORMAT"]) == (where, "ocsf")


def test_run5_the_fence_is_a_file_or_the_redis_of_the_service(read: Read) -> None:
    assert read(FENCE_FILE="/srv/fence/tokens")["FENCE_FILE"] == "/srv/fence/tokens"
    assert read(FENCE_FILE="redis:", CACHE_URL="redis://localhost/0")["FENCE_FILE"] == "redis:"


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
        ("AUDIT_DAYS", "-1"),
        ("AUDIT_ANCHOR", "hunter2/anchors"),
        ("AUDIT_ANCHOR", "syslog://me:hunter2@log.example.com"),
        ("AUDIT_ANCHOR", "syslog://log.example.com:0"),
        ("AUDIT_ANCHOR", "syslog://log.example.com:70000"),
        ("AUDIT_ANCHOR", "https://log.example.com"),
        ("AUDIT_ANCHOR", "-"),
        ("AUDIT_STREAM", "hunter2.jsonl"),
        ("FENCE_FILE", "hunter2/fence"),
        ("FENCE_FILE", "redis:"),
        ("AUDIT_STREAM", "syslog://[hunter2"),
        ("AUDIT_STREAM_FORMAT", "hunter2"),
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
    assert "hunter2" not in message and KEY not in message  # noqa: PT018 - both are one claim


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
