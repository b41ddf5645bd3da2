from __future__ import annotations

import re
import threading
import uuid
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from tests.command_line import nothing_stored
from tests.conftest import is_postgresql
from tests.factories import ApplicationFactory, UserFactory, made_applications
from trusted_apps.models import TrustedApplication
from trusted_apps.registration import create_application, update_application


def created(**values: Any) -> TrustedApplication:
    defaults = {"application_uri": "com.example/word", "name": "Word", "scopes": "read"}
    return create_application(actor=OPERATOR, now=timezone.now(), **{**defaults, **values})


def updated(application: TrustedApplication, **values: Any) -> TrustedApplication:
    return update_application(actor=OPERATOR, now=timezone.now(), application_id=application.pk, **values)


def test_created_application_keeps_what_was_given(alice: User) -> None:
    robot = UserFactory.create(system=True)
    created(scopes="update read", system_user=robot, owners=[alice], max_lifetime_days=7, is_enabled=False)
    application = made_applications().get()
    assert (application.application_uri, application.name) == ("com.example/word", "Word")
    assert (application.scopes, application.system_user, application.max_lifetime_days) == (
        ("read", "update"),
        robot,
        7,
    )
    assert (list(application.owners.all()), application.is_enabled) == ([alice], False)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"application_uri": "COM.EXAMPLE/EXCEL"}, "Another Trusted Application has this URI"),
        ({"application_uri": "a b"}, "Start with a letter or digit"),
        ({"application_uri": "a" * 201}, "at most 200"),
        ({"name": ""}, "blank"),
        ({"name": "W\u200bord"}, "invisible"),
        ({"scopes": "read fly"}, "Unknown scope: fly"),
        ({"scopes": ""}, "Choose at least one scope"),
        ({"scopes": " "}, "Choose at least one scope"),
        ({"access_tokens_policy": "Everybody"}, "not a valid choice"),
        ({"max_lifetime_days": 0}, "greater than or equal to 1"),
        ({"max_lifetime_days": 36_501}, "less than or equal to 36500"),
    ],
)
def test_bad_value_is_refused_in_words(application: TrustedApplication, values: dict[str, Any], message: str) -> None:
    with nothing_stored(), pytest.raises(ValidationError, match=message):
        created(**values)


def test_person_as_system_user_is_refused(application: TrustedApplication, alice: User) -> None:
    with nothing_stored(), pytest.raises(ValidationError, match="alice is a person"):
        created(system_user=alice)
    with nothing_stored(), pytest.raises(ValidationError, match="alice is a person"):
        updated(application, system_user=alice)


def test_aud1_registration_is_recorded_with_every_setting_and_people_as_ids(alice: User) -> None:
    robot = UserFactory.create(system=True)
    application = created(scopes=["read"], system_user=robot, owners=[alice])
    event = AuditEvent.objects.get()
    assert (event.action, event.target_type, event.target_id) == (
        "application:create",
        "application",
        str(application.pk),
    )
    assert event.details == {
        "after": {
            "application_uri": "com.example/word",
            "name": "Word",
            "description": "",
            "is_enabled": True,
            "access_tokens_policy": "None",
            "scopes": ["read"],
            "system_user": str(robot.pk),
            "owners": [str(alice.pk)],
            "max_lifetime_days": None,
            "allows_tokens_without_expiry": False,
            "allows_self_rotation": False,
        }
    }


def test_every_setting_of_an_application_is_recorded(db: None) -> None:
    created()
    (details,) = AuditEvent.objects.values_list("details", flat=True)
    columns = {field.name for field in TrustedApplication._meta.fields} | {"owners"}
    assert set(details["after"]) == columns - {"id", "created_at"}


def test_aud1_change_is_recorded_before_and_after_and_nothing_else(application: TrustedApplication) -> None:
    updated(application, access_tokens_policy="AdministratorsOnly", name="Excel", scopes=["read"])
    event = AuditEvent.objects.get()
    assert event.action == "application:update"
    assert event.details == {
        "before": {"access_tokens_policy": "AuthenticatedUsers", "scopes": ["read", "update"]},
        "after": {"access_tokens_policy": "AdministratorsOnly", "scopes": ["read"]},
    }


def test_what_stays_as_it_is_is_not_recorded(application: TrustedApplication) -> None:
    with nothing_stored():
        updated(application)
        updated(application, name="Excel", scopes="update read", owners=[])


def test_aud1_of_many_owners_those_that_differ_are_recorded(application: TrustedApplication, alice: User) -> None:
    many = UserFactory.create_batch(120)
    application.owners.set(many)
    updated(application, name="Word", owners=[*many[1:], alice])
    assert application.owners.count() == 120
    assert AuditEvent.objects.get().details == {
        "before": {"name": "Excel", "owners": [str(many[0].pk)]},
        "after": {"name": "Word", "owners": [str(alice.pk)]},
        "unchanged": {"owners": 119},
    }


def test_aud1_changed_owners_are_recorded_as_ids(application: TrustedApplication, alice: User, bob: User) -> None:
    application.owners.set([alice])
    updated(application, owners=[bob])
    assert list(application.owners.all()) == [bob]
    assert AuditEvent.objects.get().details == {
        "before": {"owners": [str(alice.pk)]},
        "after": {"owners": [str(bob.pk)]},
    }


def test_owners_that_are_not_given_stay(application: TrustedApplication, alice: User) -> None:
    application.owners.set([alice])
    updated(application, name="Other")
    assert list(application.owners.all()) == [alice]


def test_only_the_given_columns_are_written(application: TrustedApplication) -> None:
    TrustedApplication.objects.filter(pk=application.pk).update(description="Written meanwhile")
    assert updated(application, name="Other").description == "Written meanwhile"
    application.refresh_from_db()
    assert (application.name, application.description) == ("Other", "Written meanwhile")


def test_refused_change_changes_nothing(application: TrustedApplication) -> None:
    with nothing_stored(), pytest.raises(ValidationError, match="Unknown scope: fly"):
        updated(application, name="Other", scopes="fly")
    application.refresh_from_db()
    assert (application.name, application.scopes) == ("Excel", ("read", "update"))


def test_change_of_an_unknown_application_is_refused(db: None) -> None:
    with pytest.raises(TrustedApplication.DoesNotExist):
        update_application(actor=OPERATOR, now=timezone.now(), application_id=uuid.uuid4(), name="Other")


def test_pol5_kill_switch_works_on_an_application_with_a_value_that_is_no_longer_good(
    application: TrustedApplication,
) -> None:
    TrustedApplication.objects.filter(pk=application.pk).update(scopes=["read", "gone"])
    assert not updated(application, is_enabled=False).is_enabled


def test_pol3_application_is_locked_first_and_the_audit_head_last(application: TrustedApplication) -> None:
    with CaptureQueriesContext(connection) as queries:
        updated(application, name="Other")
    statements = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert 'FROM "trusted_apps_trustedapplication"' in statements[0]
    assert 'UPDATE "accounts_audithead"' in statements[-1]
    # SQLite needs none: its transaction is the lock.
    locks = re.findall(r" FOR ((?:NO KEY )?UPDATE)", "\n".join(statements))
    assert locks == (["NO KEY UPDATE", "UPDATE"] if is_postgresql() else [])


def test_pol3_two_changes_at_the_same_time_follow_one_another(transactional_db: None) -> None:
    application = ApplicationFactory.create(name="Before")
    failures: list[BaseException] = []

    def rename() -> None:
        try:
            updated(application, name="Second")
        except BaseException as error:  # noqa: BLE001 - whatever it was, the test tells it
            failures.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=rename)
    with transaction.atomic():
        updated(application, name="First")
        other.start()
        other.join(timeout=0.5)
        assert other.is_alive()
    other.join(timeout=30)
    assert failures == []
    changes = AuditEvent.objects.order_by("seq").values_list("details", flat=True)
    assert list(changes) == [
        {"before": {"name": "Before"}, "after": {"name": "First"}},
        {"before": {"name": "First"}, "after": {"name": "Second"}},
    ]


@pytest.mark.django_db
def test_an_inactive_owner_or_system_user_is_not_chosen_anew() -> None:
    gone, robot = UserFactory.create(inactive=True), UserFactory.create(inactive=True, system=True)
    application = ApplicationFactory.create()
    for values in ({"owners": [gone]}, {"system_user": robot}):
        with pytest.raises(ValidationError, match=r"active"):
            created(**values)
        with pytest.raises(ValidationError, match=r"active"):
            updated(application, **values)
    assert not application.owners.exists()


@pytest.mark.django_db
def test_an_owner_or_system_user_who_was_deactivated_since_stays() -> None:
    gone, robot = UserFactory.create(inactive=True), UserFactory.create(inactive=True, system=True)
    application = ApplicationFactory.create(system_user=robot)
    application.owners.add(gone)
    updated(application, owners=[gone], system_user=robot, name="Renamed")
    application.refresh_from_db()
    assert (application.name, application.system_user, list(application.owners.all())) == ("Renamed", robot, [gone])
