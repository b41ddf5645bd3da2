"""T22: what is added to a Resource Server, taken from it, or removed with it, and what is recorded of that."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.audit.record import OPERATOR
from accounts.forms.versions import ChangedMeanwhile, Opened, version_of
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.resource_server_registration import (
    CLIENT_ID_PREFIX,
    change_applications,
    delete_resource_server,
    remove_secret,
    rotate_secret,
    save_server,
    server_settings,
)
from reference_tokens.models import HashKey, ResourceServer
from reference_tokens.validation.callers import authenticate
from tests.factories import ApplicationFactory, ResourceServerFactory, alter, issued_pat
from tests.reference_tokens.lifecycle.server_registration import actions, add, create, update
from trusted_apps.models import TrustedApplication

NOW = datetime(2027, 1, 31, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def recorded() -> list[tuple[Any, ...]]:
    """Every entry but the first, which registers the server."""
    entries = AuditEvent.objects.exclude(action="resource_server:create").order_by("seq")
    return [(entry.at, entry.action, entry.target_type, entry.target_id, entry.details) for entry in entries]


def change(server: ResourceServer, **changes: Any) -> int:
    return change_applications(actor=OPERATOR, server_id=server.pk, now=NOW, **changes)


def delete(server: ResourceServer, **changes: Any) -> bool:
    return delete_resource_server(actor=OPERATOR, server_id=server.pk, now=NOW, **changes)


def rotate(server: ResourceServer, *, ends_old: bool) -> tuple[str, int, int]:
    return rotate_secret(actor=OPERATOR, server_id=server.pk, now=NOW, ends_old=ends_old)


def applications_of(server: ResourceServer) -> list[str]:
    return sorted(server.applications.values_list("application_uri", flat=True))


# --- Register --------------------------------------------------------------------------------------------------------


def test_aud1_a_registration_is_recorded_with_all_settings_and_when(application: TrustedApplication) -> None:
    server, secret = create(applications=[application], may_revoke=True, required_scopes=["read"], now=NOW)
    entry = AuditEvent.objects.get()
    assert (entry.at, entry.action, entry.target_id) == (NOW, "resource_server:create", server.client_id)
    assert entry.details == {
        "after": {
            "name": "Orders API",
            "is_enabled": True,
            "applications": ["com.example/excel"],
            "asks_for_all_applications": False,
            "may_revoke": True,
            "shares_profile": False,
            "required_scopes": ["read"],
        }
    }
    assert (server.created_at, server.secrets.get().created_at) == (NOW, NOW)
    assert server.client_id.startswith(CLIENT_ID_PREFIX)
    assert len(server.client_id) == len(CLIENT_ID_PREFIX) + 20
    assert len(secret) == len("enrs_") + 43


@pytest.mark.parametrize("values", [{"asks_for_all_applications": False}, {"name": ""}, {"name": "orders api"}])
def test_t22_a_server_that_may_ask_about_nothing_or_has_no_name_of_its_own_is_not_registered(
    values: dict[str, Any],
) -> None:
    create()
    with pytest.raises(ValidationError) as refusal:
        create(**{"name": "Another API"} | values)
    assert set(refusal.value.message_dict) == {"name" if "name" in values else "applications"}
    assert (ResourceServer.objects.count(), actions()) == (1, ["resource_server:create"])


# --- Update ----------------------------------------------------------------------------------------------------------


def test_t22_an_update_leaves_no_server_that_may_ask_about_nothing(
    server: Any, application: TrustedApplication
) -> None:
    with pytest.raises(ValidationError):
        update(server, applications=None, asks_for_all_applications=False)
    update(server, applications=[application], asks_for_all_applications=False)
    with pytest.raises(ValidationError):
        update(server, applications=[])
    assert applications_of(server) == ["com.example/excel"]


def test_t22_a_server_whose_applications_are_gone_is_still_changed_elsewhere() -> None:
    server = ResourceServerFactory.create(asks_for_all_applications=False)
    update(server, applications=None, may_revoke=True)
    assert ResourceServer.objects.get().may_revoke


def test_t22_an_update_of_what_somebody_changed_meanwhile_is_refused(application: TrustedApplication) -> None:
    server, _secret = create(applications=[application])
    opened = Opened(version_of(server_settings(server)))
    update(server, name="Billing API")
    with pytest.raises(ChangedMeanwhile) as refusal:
        update(server, name="Invoices API", opened=opened)
    assert refusal.value.target.id == server.client_id
    assert ResourceServer.objects.get().name == "Billing API"


def test_t22_applications_that_somebody_changed_meanwhile_are_not_set_back(application: TrustedApplication) -> None:
    server, _secret = create(applications=[application])
    opened = Opened(version_of(server_settings(server)))
    update(server, applications=[ApplicationFactory.create(application_uri="com.example/word")])
    with pytest.raises(ChangedMeanwhile):
        update(server, applications=[application], opened=opened)
    assert applications_of(server) == ["com.example/word"]


def test_t22_a_server_may_have_its_own_name_in_other_letters_and_no_other_one_may() -> None:
    server, _secret = create()
    update(server, name="ORDERS API")
    with pytest.raises(ValidationError) as refusal:
        create(name="ORDERS API")
    assert refusal.value.messages == ["Resource Server with this Name already exists."]


def test_t22_a_name_that_the_database_alone_sees_taken_is_refused_in_words(server: Any) -> None:
    same = ResourceServer(client_id="rs_same", name=server.name)
    with pytest.raises(ValidationError, match="Another Resource Server has this name"), transaction.atomic():
        save_server(same)


# --- Applications ----------------------------------------------------------------------------------------------------


def test_aud1_only_applications_that_come_or_go_are_counted_and_recorded(application: TrustedApplication) -> None:
    staying, coming, coming_too, never_there = ApplicationFactory.create_batch(4)
    server, _secret = create(applications=[application, staying])
    changed = change(server, added=[staying, coming_too, coming], removed=[application, never_there])
    assert changed == 3
    new = sorted([coming.application_uri, coming_too.application_uri])
    assert applications_of(server) == sorted([staying.application_uri, *new])
    details = {
        "before": {"applications": ["com.example/excel"]},
        "after": {"applications": new},
        "unchanged": {"applications": 1},
    }
    assert recorded() == [(NOW, "resource_server:update", "resource_server", server.client_id, details)]


def test_aud1_a_change_of_applications_that_changes_nothing_is_not_recorded(application: TrustedApplication) -> None:
    server, _secret = create(applications=[application])
    assert change(server, added=[application], removed=[ApplicationFactory.create()]) == change(server) == 0
    assert (applications_of(server), recorded()) == (["com.example/excel"], [])


def test_aud1_an_application_that_comes_alone_or_goes_alone_is_recorded(application: TrustedApplication) -> None:
    server, _secret = create(applications=[application])
    other = ApplicationFactory.create()
    assert change(server, added=[other]) == change(server, removed=[application]) == 1
    assert [entry[-1]["unchanged"] for entry in recorded()] == [{"applications": 1}, {"applications": 1}]


@pytest.mark.parametrize("is_added_to", [False, True])
def test_t22_a_server_keeps_the_one_application_that_it_may_ask_about(
    application: TrustedApplication, *, is_added_to: bool
) -> None:
    server, _secret = create(applications=[application])
    added = [ApplicationFactory.create()] if is_added_to else []
    with pytest.raises(ValidationError, match="It is the only application"):
        change(server, added=added, removed=[application])
    assert (applications_of(server), recorded()) == (["com.example/excel"], [])


def test_t22_a_server_that_asks_about_all_may_have_no_application_of_its_own(application: TrustedApplication) -> None:
    server = ResourceServerFactory.create()
    server.applications.add(application)
    assert change(server, removed=[application]) == 1
    assert applications_of(server) == []


# --- Delete ----------------------------------------------------------------------------------------------------------


def test_aud1_a_deletion_is_recorded_once_with_what_the_server_was(server: Any) -> None:
    other = ResourceServerFactory.create()
    settings = server_settings(server)
    assert delete(server)
    assert not delete(server)
    assert list(ResourceServer.objects.all()) == [other]
    before = {"before": settings}
    assert recorded() == [(NOW, "resource_server:delete", "resource_server", server.client_id, before)]


def test_t22_a_server_that_somebody_changed_meanwhile_is_not_deleted(server: Any) -> None:
    opened = Opened(version_of(server_settings(server)))
    update(server, may_revoke=True)
    with pytest.raises(ChangedMeanwhile) as refusal:
        delete(server, opened=opened)
    assert refusal.value.target.id == server.client_id
    assert ResourceServer.objects.filter(pk=server.pk).exists()
    assert delete(server, opened=Opened(version_of(server_settings(ResourceServer.objects.get()))))


def test_t22_uses_that_name_a_server_are_locked_before_it_is_deleted(
    server: Any, alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, _other = issued_pat(alice, application).token, issued_pat(alice, application).token
    alter(token, last_used_at=NOW, last_used_server=server)
    locked: list[Any] = []
    module = "reference_tokens.lifecycle.resource_server_registration"
    monkeypatch.setattr(f"{module}.lock_rows", lambda rows: locked.extend(rows.values_list("token_id", flat=True)))
    assert delete(server)
    assert locked == [token.pk]


# --- Secrets ---------------------------------------------------------------------------------------------------------


def test_t22_a_new_secret_stands_beside_the_old_one(server: Any) -> None:
    secret, removed, beside = rotate(server, ends_old=False)
    assert (removed, beside) == (0, 1)
    assert authenticate(server.client_id, secret)
    assert authenticate(server.client_id, server.plain_secret)
    hint = {"hint": f"enrs_…{secret[-4:]}"}
    assert recorded() == [(NOW, "resource_server:add_secret", "resource_server", server.client_id, hint)]
    with pytest.raises(ValidationError, match="It has two secrets"):
        rotate(server, ends_old=False)


def test_t22_a_new_secret_ends_all_old_ones_where_that_is_asked(server: Any) -> None:
    add(server)
    hints = sorted(server.secrets.values_list("hint", flat=True))
    secret, removed, beside = rotate(server, ends_old=True)
    assert (removed, beside) == (2, 0)
    assert authenticate(server.client_id, secret)
    assert not authenticate(server.client_id, server.plain_secret)
    target = ("resource_server", server.client_id)
    assert recorded()[1:] == [
        *((NOW, "resource_server:remove_secret", *target, {"hint": hint}) for hint in hints),
        (NOW, "resource_server:add_secret", *target, {"hint": f"enrs_…{secret[-4:]}"}),
    ]


def test_t22_a_secret_under_a_lost_key_makes_room_for_a_new_one(server: Any) -> None:
    add(server)
    lost = server.secrets.latest("pk")
    server.secrets.filter(pk=lost.pk).update(hash_key=HashKey.objects.create(id="lost-key", created_at=NOW))
    _secret, removed, beside = rotate(server, ends_old=False)
    assert (removed, beside) == (1, 1)
    assert not server.secrets.filter(pk=lost.pk).exists()


def test_aud1_a_removed_secret_is_recorded_with_when_and_of_which_server(server: Any) -> None:
    stored, _secret = add(server)
    assert remove_secret(actor=OPERATOR, server_id=server.pk, secret_id=stored.pk, now=NOW)
    target, hint = ("resource_server", server.client_id), {"hint": stored.hint}
    assert recorded()[-1] == (NOW, "resource_server:remove_secret", *target, hint)
