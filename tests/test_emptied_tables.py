"""What a transactional test leaves behind fails that test, and no other."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder
from django.test import TransactionTestCase

from reference_tokens.models import EventCount
from tests.emptied_tables import empty_tables

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


def test_steps_of_migrations_that_a_test_leaves_fail_it_alone() -> None:
    call_command("migrate", "reference_tokens", "0025_fence", verbosity=0)
    MigrationRecorder.Migration.objects.create(app="accounts", name="9999_of_nobody")
    with pytest.raises(AssertionError, match="9999_of_nobody"):
        empty_tables(TransactionTestCase())
    empty_tables(TransactionTestCase())
    assert not EventCount.objects.exists()
