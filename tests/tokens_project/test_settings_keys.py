"""The keys among the settings: given, read from the data folder, never shared."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command_line import STRONG_KEYS
from tests.tokens_project.environments import HTTPS, KEY, POSTGRESQL, PRODUCTION, Read
from tokens_project.environment import BadSetting

pytestmark = pytest.mark.once


def made(tmp_path: Path) -> set[str]:
    """The names of the files that reading the settings made."""
    return {path.name for path in (tmp_path / "data").glob("*")}


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


def test_run2_secret_key_is_one_key(read: Read) -> None:
    with pytest.raises(BadSetting, match=r"\ASECRET_KEY: "):
        read(**{**PRODUCTION, "SECRET_KEY": f"{KEY},{KEY[::-1]}"})


@pytest.mark.parametrize("value", ["short", "über-" + STRONG_KEYS["TOKEN_HASH_KEYS"]])
def test_a_metrics_token_that_is_weak_or_no_header_can_hold_is_refused(read: Read, value: str) -> None:
    with pytest.raises(BadSetting, match=r"\AMETRICS_TOKEN: "):
        read(METRICS_TOKEN=value)
