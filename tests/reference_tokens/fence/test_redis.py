"""The fence as a list in Redis, which many machines share (RUN-5)."""

from __future__ import annotations

from typing import Any

import pytest

from reference_tokens.fence import redis
from reference_tokens.fence.place import fence
from reference_tokens.fence.positions import Position
from tests import programs
from tests.redis import server

PROGRAM = programs.redis()
pytestmark = [pytest.mark.once, pytest.mark.skipif(PROGRAM is None, reason="Redis is not installed")]


def test_run5_the_fence_may_be_a_list_in_redis(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis, "READ_AT_ONCE", 2)
    monkeypatch.setattr(redis, "WRITTEN_AT_ONCE", 2)
    assert PROGRAM
    settings.FENCE_FILE = "redis:"
    with server(PROGRAM) as address:
        backend = "django.core.cache.backends.redis.RedisCache"
        settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": address}}
        assert (fence().end(), list(fence().lines_after(Position()))) == (Position(), [])
        fence().append(["one", "two", "three"])
        place = fence().end()
        fence().append(["four"])
        assert list(fence().lines_after(Position())) == ["one", "two", "three", "four"]
        assert list(fence().lines_after(place)) == ["four"]
        assert fence().knows(place)
        assert not fence().knows(Position(place.place, "another"))
        assert not fence().knows(Position(place.place + 2, place.mark))
        fence().say_that_it_lacks("five")
        fence().say_that_it_lacks_no_more(["five"])
        assert not fence().lacking
    with pytest.raises(OSError, match="Connection"):
        fence().append(["five"])
