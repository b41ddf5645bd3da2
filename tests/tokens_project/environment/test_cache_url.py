"""CACHE_URL: Redis, or none."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from tests.tokens_project.environment.reading_settings import READ, Given
from tokens_project import environment as env

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", {"BACKEND": "django.core.cache.backends.dummy.DummyCache", "LOCATION": ""}),
        ("redis://127.0.0.1:6379/1", {"LOCATION": "redis://127.0.0.1:6379/1"}),
        ("unix:///run/redis.sock", {"BACKEND": "django.core.cache.backends.redis.RedisCache"}),
    ],
)
def test_a_cache_is_redis_or_none(monkeypatch: pytest.MonkeyPatch, value: str, expected: dict[str, Any]) -> None:
    monkeypatch.setenv("CACHE_URL", value)
    assert env.cache("CACHE_URL").items() >= expected.items()


@pytest.mark.parametrize("value", ["localhost:6379", "memcached://localhost", "redis://localhost:99999"])
def test_an_address_for_the_cache_that_cannot_be_used_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CACHE_URL", value)
    with pytest.raises(env.BadSetting, match="CACHE_URL: "):
        env.cache("CACHE_URL")


@pytest.mark.parametrize(
    ("scheme", "name"), [(scheme, name) for scheme, names in env.CACHE_PARAMETERS.items() for name in sorted(names)]
)
def test_redis_knows_each_parameter_that_is_taken(given: Given, scheme: str, name: str) -> None:
    example = {"ssl_cert_reqs": "required", "protocol": "2"}.get(name, "1")
    given(f"{scheme}://{'/run' if scheme == 'unix' else 'redis'}/1?{name}={example}")
    assert redis.ConnectionPool.from_url(READ["cache"]()["LOCATION"]).make_connection()


@pytest.mark.parametrize(
    ("value", "location"),
    [
        ("REDIS://localhost", "redis://localhost"),
        ("redis://:p%40ss@my_redis:6379/12", "redis://:p%40ss@my_redis:6379/12"),
        ("rediss://localhost/0?ssl_cert_reqs=required", "rediss://localhost/0?ssl_cert_reqs=required"),
        ("unix://me:secret@/run/redis.sock?db=2", "unix://me:secret@/run/redis.sock?db=2"),
    ],
)
def test_address_of_redis_is_passed_on(given: Given, value: str, location: str) -> None:
    given(value)
    assert READ["cache"]()["LOCATION"] == location
