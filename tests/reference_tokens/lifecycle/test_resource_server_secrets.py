"""The secrets of a Resource Server: two at a time, and none lost while they change (T22)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Self
from urllib.parse import urlencode

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import AuditEvent, User
from reference_tokens.validation.callers import authenticate
from tests.concurrency import outcomes, threads
from tests.factories import ResourceServerFactory, issued_pat
from tests.gunicorn import Gunicorn
from tests.introspection import basic, introspect, is_active
from tests.reference_tokens.lifecycle.server_registration import actions, add, remove
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


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
    theirs = other.secrets.first()
    assert theirs
    assert not remove(server, theirs.pk)
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
        # Of each thread.
        self._answers: list[list[int]] = [[] for _ in range(4)]
        self._live, self._server, self._body = live, server, urlencode({"token": token}).encode()
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=[answers]) for answers in self._answers]

    @property
    def statuses(self) -> set[int]:
        """What was answered."""
        return {status for answers in self._answers for status in answers}

    def _ask(self, answers: list[int]) -> None:
        while not self._is_over.is_set():
            authorization = b"Authorization: " + basic(self._server.client_id, self.secret).encode()
            answers.append(self._live.post(self._body, authorization).status)

    def more(self, count: int = 5) -> None:
        """Return after some more answers to each thread, so that none waits for one to a question from before."""
        enough, patience = [len(answers) + count for answers in self._answers], threading.Event()
        for _ in range(400):
            if all(len(answers) >= least for answers, least in zip(self._answers, enough, strict=True)):
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
    assert traffic.statuses == {200}
