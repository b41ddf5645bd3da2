"""What a renamed token is found by, and how little is read to keep it so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from accounts.models import User
from accounts.text.case_folding import folded
from reference_tokens.models import ReferenceToken, TokenText, search_tables
from tests.factories import alter, issued_pat
from tests.reference_tokens.lists.others import add_tokens_of_others
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application, description="nightly", scopes=["update"]).token


def found(**lookups: object) -> set[str]:
    return set(ReferenceToken.objects.filter(**lookups).values_list("description", flat=True))


def effort_of(act: Callable[[], object]) -> int:
    """Steps of SQLite's machine; on PostgreSQL the rows of the tables for searches that are read without an index."""
    if connection.vendor == "sqlite":
        steps: list[None] = []
        connection.connection.set_progress_handler(lambda: steps.append(None), 1)
        act()
        connection.connection.set_progress_handler(None, 1)
        return len(steps)
    before = rows_read_without_index()
    act()
    return rows_read_without_index() - before


def rows_read_without_index() -> int:
    """Of the tables for searches, in this transaction."""
    names = [search_tables.NAMES[name] for name in ("texts", "scopes")]
    with connection.cursor() as cursor:
        # With few rows it would not bother. A function keeps the plan that it made for the tests before this one.
        cursor.execute("SET LOCAL enable_seqscan = off; DISCARD PLANS")
        cursor.execute(
            "SELECT SUM(seq_tup_read) FROM pg_stat_xact_user_tables"
            " WHERE schemaname = current_schema() AND relname = ANY (%s)",
            [names],
        )
        return int(cursor.fetchone()[0])


def test_a_token_is_renamed_without_a_look_at_others(token: ReferenceToken) -> None:
    alone = effort_of(lambda: alter(token, description="daily"))
    add_tokens_of_others()
    others = ReferenceToken.objects.exclude(pk=token.pk).count()
    assert effort_of(lambda: alter(token, description="weekly")) < alone + others
    assert (found(search_text__text__holds="weekly"), found(search_text__text__holds="daily")) == ({"weekly"}, set())


def test_a_renamed_token_is_found_by_its_scopes_as_before_and_then_by_others(token: ReferenceToken) -> None:
    alter(token, description="daily")
    assert found(search_scopes__terms__hold=["update"]) == {"daily"}
    alter(token, scopes="read")
    assert found(search_scopes__terms__hold=["read"]) == {"daily"}
    assert found(search_scopes__terms__hold=["update"]) == set()


def test_a_text_that_was_folded_otherwise_is_found_by_a_new_one(token: ReferenceToken) -> None:
    hint = str(folded(token.hint)) if connection.vendor == "sqlite" else token.hint.upper()
    TokenText.objects.update(text=f"as an earlier version of Unicode has it\n{hint}")
    alter(token, description="daily")
    assert found(search_text__text__holds="dai") == {"daily"}
