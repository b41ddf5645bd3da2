"""Tests of the toy that know little, and one that asks for the database."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.mutation.toy.changed import Amount, doubled


@pytest.mark.django_db
def test_that_the_database_answers() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_that_twice_two_is_four() -> None:
    assert doubled(Amount(2)) == 4
