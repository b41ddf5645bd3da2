"""The languages that the release before has stored for everybody, who could choose no other."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User
from tests.factories import UserFactory

BEFORE, AFTER = "0009_languages_without_choices", "0010_languages_not_chosen"


def migrated(name: str) -> Any:
    MigrationExecutor(connection).migrate([("accounts", name)])


@pytest.mark.django_db(transaction=True)
def test_the_english_of_the_release_before_is_no_choice_and_comes_back_with_it() -> None:
    english, german = UserFactory.create_batch(2), UserFactory.create(language="de")
    migrated(BEFORE)
    assert set(User.objects.values_list("language", flat=True)) == {"en", "de"}
    migrated(AFTER)
    assert set(User.objects.exclude(pk=german.pk).values_list("language", flat=True)) == {""}
    assert {user.language for user in english} == {""}
    german.refresh_from_db()
    assert german.language == "de"
