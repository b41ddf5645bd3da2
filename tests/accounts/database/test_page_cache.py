"""SQLite's page cache, which is large for an act on very many rows, and only then."""

from __future__ import annotations

import pytest
from django.db import connection

from accounts.database.page_cache import large_page_cache

pytestmark = pytest.mark.django_db


def cache_size() -> int:
    if connection.vendor != "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size")
        return int(cursor.fetchone()[0])


def test_the_page_cache_is_large_in_the_block_and_as_before_after_it() -> None:
    before = cache_size()
    with large_page_cache():
        assert cache_size() == (-65_536 if connection.vendor == "sqlite" else 0)
    assert cache_size() == before


def test_the_page_cache_is_as_before_where_the_block_fails() -> None:
    before = cache_size()
    with pytest.raises(RuntimeError), large_page_cache():
        raise RuntimeError
    assert cache_size() == before


@pytest.mark.django_db(transaction=True)
def test_the_block_fails_with_its_own_error_where_its_connection_is_gone() -> None:
    def lose_the_connection() -> None:
        connection.close()
        raise RuntimeError

    with pytest.raises(RuntimeError), large_page_cache():
        lose_the_connection()


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_made_in_the_block_stays_as_it_is() -> None:
    connection.close()  # another test may have changed this one
    before = cache_size()
    with large_page_cache():
        connection.close()
        assert cache_size() == before
    assert cache_size() == before
