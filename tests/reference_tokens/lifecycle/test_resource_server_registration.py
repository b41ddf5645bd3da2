"""Registering Resource Servers, changing them, and their secrets (T22)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Self
from urllib.parse import urlencode

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.resource_server_registration import (
    add_secret,
    create_resource_server,
    remove_secret,
    update_resource_server,
)
from reference_tokens.models import ResourceServer, ResourceServerSecret
from reference_tokens.validation.callers import authenticate
from tests.concurrency import outcomes, threads, uncommitted
from tests.factories import ApplicationFactory, ResourceServerFactory, issued_pat
from tests.gunicorn import Gunicorn
from tests.introspection import basic, introspect, is_active
from trusted_apps.models import Scope, TrustedApplication

pytestmark = pytest.mark.django_db


def create(**changes: Any) -> tuple[ResourceServer, str]:
    return create_resource_server(**{"actor": OPERATOR, "now": timezone.now(), "name": "Orders API"} | changes)


def update(server: ResourceServer, **changes: Any) -> ResourceServer:
    values = {"actor": OPERATOR, "now": timezone.now(), "applications": server.applications.all()}
    return update_resource_server(server_id=server.pk, **values | changes)


def add(server: Any) -> tuple[ResourceServerSecret, str]:
    return add_secret(actor=OPERATOR, server_id=server.pk, now=timezone.now())


def remove(server: Any, secret_id: int) -> bool:
    return remove_secret(actor=OPERATOR, server_id=server.pk, secret_id=secret_id, now=timezone.now())


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))


# --- Create ----------------------------------------------------------------------------------------------------------


def test_a_new_server_has_one_secret_which_it_can_ask_with(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    server, secret = create(applications=[application])
    server.plain_secret = secret  # type: ignore[attr-defined]
    assert is_active(client, server, issued_pat(alice, application).plaintext)
    assert not is_active(client, server, issued_pat(alice, ApplicationFactory.create()).plaintext)
    assert server.secrets.get().hint == f"enrs_…{secret[-4:]}"


def test_every_server_has_an_id_and_a_secret_of_its_own() -> None:
    made = [create(name=f"API {number}") for number in range(20)]
    assert len({server.client_id for server, _secret in made}) == 20
    assert len({secret for _server, secret in made}) == 20


@pytest.mark.django_db(transaction=True)
def test_a_name_that_somebody_takes_at_the_same_moment_is_refused() -> None:
    with threads() as start:
        found = outcomes(start, *[create] * 4)
    refused = [outcome for outcome in found if isinstance(outcome, ValidationError)]
    assert len(refused) == 3
    assert ResourceServer.objects.count() == len(actions()) == 1


# --- Update ----------------------------------------------------------------------------------------------------------


def test_aud1_a_change_is_recorded_with_what_was_before_and_after(application: TrustedApplication) -> None:
    server, _secret = create(asks_for_all_applications=True, required_scopes=["read"])
    update(
        server,
        name="Billing API",
        asks_for_all_applications=False,
        applications=[application],
        may_revoke=True,
        shares_profile=False,
        required_scopes=["update", "read"],
    )
    event = AuditEvent.objects.get(action="resource_server:update")
    assert (event.target_type, event.target_id) == ("resource_server", server.client_id)
    assert event.details == {
        "before": {
            "name": "Orders API",
            "applications": [],
            "asks_for_all_applications": True,
            "may_revoke": False,
            "required_scopes": ["read"],
        },
        "after": {
            "name": "Billing API",
            "applications": ["com.example/excel"],
            "asks_for_all_applications": False,
            "may_revoke": True,
            "required_scopes": ["read", "update"],
        },
    }


def test_aud1_what_stays_as_it_is_is_not_recorded(application: TrustedApplication) -> None:
    server, _secret = create(applications=[application])
    update(server, name="Orders API", may_revoke=False)
    assert actions() == ["resource_server:create"]


@pytest.mark.parametrize(
    "values", [{"name": "Taken"}, {"name": ""}, {"name": "a\u202eb"}, {"required_scopes": ["fly"]}]
)
def test_a_bad_change_is_refused_and_nothing_of_it_is_stored(
    server: Any, application: TrustedApplication, values: dict[str, Any]
) -> None:
    ResourceServerFactory.create(name="Taken")
    with pytest.raises(ValidationError):
        update(server, may_revoke=True, applications=[application], **values)
    stored = ResourceServer.objects.get(pk=server.pk)
    assert (stored.name, stored.may_revoke, stored.applications.exists()) == (server.name, False, False)
    assert actions() == []


@pytest.mark.django_db(transaction=True)
def test_a_change_to_a_name_that_somebody_takes_at_the_same_moment_is_refused() -> None:
    one, other = ResourceServerFactory.create_batch(2)
    with threads() as start:
        found = outcomes(start, lambda: update(one, name="Same"), lambda: update(other, name="Same"))
    assert len([outcome for outcome in found if isinstance(outcome, ValidationError)]) == 1
    assert actions() == ["resource_server:update"]


def test_a_scope_that_is_gone_does_not_stand_in_the_way_of_disabling(server: Any) -> None:
    archive = Scope.objects.create(name="archive", description="Archive data.")
    update(server, required_scopes=["archive"])
    archive.delete()
    update(server, is_enabled=False)
    assert authenticate(server.client_id, server.plain_secret) is None


def test_a_server_that_is_gone_cannot_be_changed(server: Any) -> None:
    ResourceServer.objects.all().delete()
    with pytest.raises(ResourceServer.DoesNotExist):
        update(server, applications=[])


@pytest.mark.django_db(transaction=True)
def test_aud1_two_changes_at_once_are_recorded_one_after_the_other(server: Any) -> None:
    with threads() as start, uncommitted(start, lambda: update(server, name="First")):
        later = start(lambda: update(server, name="Second"))
    later.result(20)
    names = [
        (event.details["before"]["name"], event.details["after"]["name"])
        for event in AuditEvent.objects.order_by("seq")
    ]
    assert names == [(server.name, "First"), ("First", "Second")]


def test_t22_a_server_is_refused_from_its_next_question_on_when_it_is_disabled(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    assert is_active(client, server, plaintext)
    update(server, is_enabled=False)
    assert introspect(client, server, plaintext).status_code == 401
    update(server, is_enabled=True)
    assert is_active(client, server, plaintext)


def test_val3_an_application_that_is_taken_away_is_felt_at_the_next_question(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    server = ResourceServerFactory.create(asks_for_all_applications=False)
    server.applications.add(application)
    plaintext = issued_pat(alice, application).plaintext
    assert is_active(client, server, plaintext)
    update(server, applications=[])
    assert not is_active(client, server, plaintext)


# --- Secrets ---------------------------------------------------------------------------------------------------------


def test_t22_two_secrets_are_good_at_a_time(server: Any) -> None:
    stored, second = add(server)
    assert authenticate(server.client_id, server.plain_secret)
    assert authenticate(server.client_id, second)
    assert stored.hint == f"enrs_…{second[-4:]}"


def test_t22_a_third_secret_is_refused(server: Any) -> None:
    add(server)
    with pytest.raises(ValidationError, match="It has two secrets, which is the limit"):
        add(server)
    assert server.secrets.count() == 2
    assert actions() == ["resource_server:add_secret"]


@pytest.mark.django_db(transaction=True)
def test_t22_of_secrets_added_at_the_same_moment_one_is_refused(server: Any) -> None:
    with threads() as start:
        found = outcomes(start, *[lambda: add(server)] * 4)
    assert len([outcome for outcome in found if isinstance(outcome, ValidationError)]) == 3
    assert server.secrets.count() == 2


def test_t22_the_only_secret_cannot_be_removed(server: Any) -> None:
    with pytest.raises(ValidationError, match="It is the only secret"):
        remove(server, server.secrets.get().pk)
    assert authenticate(server.client_id, server.plain_secret)
    assert actions() == []


@pytest.mark.django_db(transaction=True)
def test_t22_of_two_secrets_removed_at_the_same_moment_one_stays(server: Any) -> None:
    add(server)
    first, second = server.secrets.values_list("pk", flat=True)
    with threads() as start:
        found = outcomes(start, lambda: remove(server, first), lambda: remove(server, second))
    assert len([outcome for outcome in found if isinstance(outcome, ValidationError)]) == 1
    assert server.secrets.count() == 1


def test_t22_a_removed_secret_is_refused_at_once(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    first = server.secrets.get()
    _stored, second = add(server)
    assert is_active(client, server, plaintext)
    assert remove(server, first.pk)
    assert introspect(client, server, plaintext).status_code == 401
    server.plain_secret = second
    assert is_active(client, server, plaintext)


def test_removing_what_is_not_there_or_anothers_removes_nothing(server: Any) -> None:
    other = ResourceServerFactory.create()
    add(server)
    add(other)
    assert not remove(server, 4711)
    assert not remove(server, other.secrets.first().pk)
    assert (server.secrets.count(), other.secrets.count()) == (2, 2)


def test_aud1_what_happens_to_secrets_is_recorded_by_their_hints(server: Any) -> None:
    first = server.secrets.get()
    stored, second = add(server)
    remove(server, first.pk)
    events = [(event.action, event.target_id, event.details) for event in AuditEvent.objects.order_by("seq")]
    assert events == [
        ("resource_server:add_secret", server.client_id, {"hint": stored.hint}),
        ("resource_server:remove_secret", server.client_id, {"hint": first.hint}),
    ]
    assert second not in str(events)


class Traffic:
    """Questions of an API from several threads, each with the secret that it has at that moment."""

    def __init__(self, live: Gunicorn, server: Any, token: str) -> None:
        self.secret = server.plain_secret
        self.statuses: list[int] = []
        self._live, self._server, self._body = live, server, urlencode({"token": token}).encode()
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(4)]

    def _ask(self) -> None:
        while not self._is_over.is_set():
            authorization = b"Authorization: " + basic(self._server.client_id, self.secret).encode()
            self.statuses.append(self._live.post(self._body, authorization).status)

    def more(self, count: int = 20) -> None:
        """Return after some more answers."""
        enough, patience = len(self.statuses) + count, threading.Event()
        for _ in range(400):
            if len(self.statuses) >= enough:
                return
            patience.wait(0.05)
        raise AssertionError("no answers")

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join(20)


@pytest.fixture
def traffic(live_gunicorn: Gunicorn, server: Any, alice: User, application: TrustedApplication) -> Iterator[Traffic]:
    with Traffic(live_gunicorn, server, issued_pat(alice, application).plaintext) as running:
        yield running


@pytest.mark.django_db(transaction=True)
def test_t22_changing_the_secret_under_load_costs_no_401(server: Any, traffic: Traffic) -> None:
    for _ in range(3):
        old = server.secrets.get()
        traffic.more()
        _stored, traffic.secret = add(server)
        # Questions that were on their way with the old secret are answered before it is removed.
        traffic.more()
        assert remove(server, old.pk)
    traffic.more()
    assert set(traffic.statuses) == {200}
