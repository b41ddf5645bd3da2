"""Rows read and inserted by statements that are written once are what Django would have read and inserted."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Model
from django.db.models.sql import InsertQuery
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from accounts.audit.record import OPERATOR, Target, record_event
from accounts.database.compiled_rows import insert_row, insertion, row_locked, values_of
from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import issued_pat
from trusted_apps.models import TrustedApplication


@pytest.fixture
def rows(alice: User, application: TrustedApplication) -> list[Model]:
    """A row of each model that is inserted so, as it was before."""
    with transaction.atomic():
        event = record_event(OPERATOR, "test:act", Target("thing", "7"), now=timezone.now(), details={"names": ["ü"]})
    return [issued_pat(alice, application).token, event]


def columns(row: Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_an_insertion_is_the_statement_that_django_writes(rows: list[Model]) -> None:
    for row in rows:
        query = InsertQuery(type(row))
        query.insert_values(row._meta.concrete_fields, [row], raw=True)
        [(sql, values)] = query.get_compiler(connection=connection).as_sql()
        assert insertion(type(row)) == sql
        # psycopg's wrapper of JSON equals nothing but itself.
        assert [getattr(value, "obj", value) for value in values_of(row)] == [
            getattr(value, "obj", value) for value in values
        ]


def test_an_inserted_row_is_stored_as_it_is(rows: list[Model]) -> None:
    for row in rows:
        assert columns(type(row)._base_manager.get(pk=row.pk)) == columns(row)


def test_an_inserted_row_is_one_that_django_would_change(rows: list[Model]) -> None:
    token = rows[0]
    assert isinstance(token, ReferenceToken)
    ReferenceToken.objects.all().delete()
    insert_row(token)
    token.description = "Changed"
    token.save()
    assert ReferenceToken.objects.get().description == "Changed"


def test_a_locked_row_is_as_django_reads_it(alice: User, application: TrustedApplication) -> None:
    for row in (alice, application):
        read = type(row)._base_manager.get(pk=row.pk)
        assert columns(row_locked(type(row), row.pk)) == columns(read)
        assert row_locked(type(row), row.pk) == read


@pytest.mark.parametrize("model", [User, TrustedApplication])
def test_a_row_that_is_gone_is_told_as_django_tells_it(db: None, model: Any) -> None:
    with pytest.raises(model.DoesNotExist):
        row_locked(model, uuid.uuid4())


def test_no_row_is_locked_outside_a_transaction(transactional_db: None) -> None:
    with pytest.raises(TransactionManagementError, match="there is none"):
        row_locked(User, uuid.uuid4())


def test_nothing_is_asked_in_a_transaction_that_is_to_be_undone(alice: User) -> None:
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError, match="until the end of the 'atomic' block"):
            row_locked(User, alice.pk)
