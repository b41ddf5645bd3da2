from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from accounts.models import User
from tests.factories import ApplicationFactory, UserFactory, made_applications
from trusted_apps.models import AccessTokensPolicy, TrustedApplication


def insert(**columns: Any) -> None:
    """Insert an application past every check of ours, so that only the database can refuse."""
    with transaction.atomic():
        TrustedApplication.objects.bulk_create([ApplicationFactory.build(**columns)])


def test_pol1_new_application_has_the_policy_none(db: None) -> None:
    application = TrustedApplication.objects.create(application_uri="com.example/new", name="New")
    application.refresh_from_db()
    assert application.access_tokens_policy == AccessTokensPolicy.NONE.value == "None"
    assert (application.is_enabled, application.scopes, application.system_user) == (True, (), None)


def test_new_application_allows_nothing_extra(db: None) -> None:
    application = TrustedApplication.objects.create(application_uri="com.example/new", name="New")
    assert (application.allows_tokens_without_expiry, application.allows_self_rotation) == (False, False)


@pytest.mark.parametrize("policy", ["", "none", "Everybody"])
def test_pol1_database_refuses_another_policy(db: None, policy: str) -> None:
    with pytest.raises(IntegrityError, match="application_access_tokens_policy_known"):
        insert(access_tokens_policy=policy)


def test_pol1_database_refuses_an_application_without_a_policy(db: None) -> None:
    with pytest.raises(IntegrityError):
        insert(access_tokens_policy=None)


@pytest.mark.parametrize("policy", AccessTokensPolicy.values)
def test_pol1_database_takes_each_of_the_three_policies(db: None, policy: str) -> None:
    insert(access_tokens_policy=policy)
    assert made_applications().get().access_tokens_policy == policy


def test_database_refuses_a_uri_that_differs_in_case_alone(application: TrustedApplication) -> None:
    with pytest.raises(IntegrityError, match="application_uri_unique_without_case"):
        insert(application_uri="COM.example/EXCEL")


BAD_URIS = ["", "/excel", "com.example/a b", "com.example/excel\n", "com.example/é", "a?b", "a#b", "a\tb", ".a", "a%20"]


@pytest.mark.parametrize("uri", BAD_URIS)
def test_database_refuses_a_uri_of_other_characters(db: None, uri: str) -> None:
    with pytest.raises(IntegrityError, match="application_uri_characters"):
        insert(application_uri=uri)


@pytest.mark.parametrize("uri", BAD_URIS)
def test_uri_of_other_characters_is_refused_in_words(db: None, uri: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ApplicationFactory.build(application_uri=uri).full_clean()
    assert list(refused.value.message_dict) == ["application_uri"]


@pytest.mark.parametrize("uri", ["com.example/excel", "https://example.com/app", "a", "9-_~.:/"])
def test_uri_of_the_given_characters_is_allowed(db: None, uri: str) -> None:
    ApplicationFactory.build(application_uri=uri).full_clean()
    insert(application_uri=uri)


@pytest.mark.parametrize("days", [0, 36_501])
def test_database_refuses_a_maximum_lifetime_out_of_range(db: None, days: int) -> None:
    with pytest.raises(IntegrityError, match="application_max_lifetime_in_range"):
        insert(max_lifetime_days=days)


@pytest.mark.parametrize("days", [None, 1, 36_500])
def test_database_takes_a_maximum_lifetime_in_range(db: None, days: int | None) -> None:
    insert(max_lifetime_days=days)
    assert made_applications().get().max_lifetime_days == days


def test_database_keeps_a_system_user_that_an_application_needs(application: TrustedApplication) -> None:
    assert application.system_user
    with pytest.raises(models.ProtectedError):
        application.system_user.delete()


def test_person_as_system_user_is_refused(alice: User) -> None:
    with pytest.raises(ValidationError, match="alice is a person") as refused:
        ApplicationFactory.build(system_user=alice).full_clean()
    assert list(refused.value.message_dict) == ["system_user"]


@pytest.mark.parametrize("column", ["name", "description"])
def test_t63_invisible_characters_in_what_people_read_are_refused(db: None, column: str) -> None:
    with pytest.raises(ValidationError, match="invisible"):
        ApplicationFactory.build(**{column: "Exc\u202eel"}).full_clean()


def test_pol2_person_may_issue_where_every_signed_in_user_may(alice: User) -> None:
    open_to_all = ApplicationFactory.create()
    ApplicationFactory.create(administrators_only=True)
    ApplicationFactory.create(closed=True)
    assert list(TrustedApplication.objects.open_to(alice)) == [open_to_all]


def test_pol2_administrator_may_also_issue_where_only_they_may(administrator: User) -> None:
    expected = {ApplicationFactory.create(), ApplicationFactory.create(administrators_only=True)}
    ApplicationFactory.create(closed=True)
    assert set(TrustedApplication.objects.open_to(administrator)) == expected


def test_pol5_nobody_may_issue_for_a_disabled_application(administrator: User) -> None:
    ApplicationFactory.create(disabled=True)
    assert not TrustedApplication.objects.open_to(administrator).exists()


@pytest.mark.parametrize("trait", ["system", "inactive"])
def test_pol2_who_cannot_sign_in_may_issue_for_nothing(application: TrustedApplication, trait: str) -> None:
    user = UserFactory.create(**{trait: True})
    assert not TrustedApplication.objects.open_to(user).exists()


def test_application_is_shown_by_its_uri() -> None:
    assert str(TrustedApplication(application_uri="com.example/excel")) == "com.example/excel"
