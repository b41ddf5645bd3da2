"""Contract 4.8: what the service has counted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.mailed_links.invitations import invite_person
from accounts.models import User
from accounts.outbox.delivery import send_due_mails
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.maintenance.housekeeping import do_housekeeping
from reference_tokens.models import AnswerCount, HashKey, Lease, ResourceServer
from reference_tokens.usage.recorder import recorder
from tests.factories import issued_pat
from tests.gunicorn import gunicorn
from tests.introspection import Statements, introspect
from tests.reference_tokens.endpoints.health import BEARER, METRICS_TOKEN, fail, get
from tests.reference_tokens.endpoints.scrapes import Scrape, scrape
from tests.reference_tokens.usage.uses import process
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


ONLY_HERE = "an_outcome_of_these_tests"
ANSWERS = "reference_tokens_answers_total"


def scraped(client: Client) -> dict[tuple[str, str], float]:
    """The answers by Resource Server and outcome; the server of other tests may write what it counted a second ago."""
    ours = {*ResourceServer.objects.values_list("client_id", flat=True)}
    return {
        (labels["client_id"], labels["outcome"]): value
        for labels, value in scrape(client).samples(ANSWERS)
        if labels["client_id"] in ours or labels["outcome"] == ONLY_HERE
    }


@pytest.mark.mails_wait
def test_mails_of_every_kind_that_wait_are_counted(
    client: Client, alice: User, application: TrustedApplication, settings: Any
) -> None:
    def waiting() -> int:
        return int(scrape(client).value("reference_tokens_mails_waiting"))

    settings.METRICS_TOKEN = METRICS_TOKEN
    before = waiting()
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    revoke_token(actor=OPERATOR, token_id=issued_pat(alice, application).token.pk, now=timezone.now())
    invite_person(actor=OPERATOR, username="carol", email="carol@example.com", now=timezone.now())
    assert waiting() == before + 2
    assert send_due_mails() == 2
    assert waiting() == before


@pytest.fixture
def metrics_token(settings: Any) -> None:
    settings.METRICS_TOKEN = METRICS_TOKEN


def test_metrics_are_not_there_without_a_token_in_the_settings(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    for headers in ({}, {"authorization": "Bearer "}, {"authorization": "Bearer"}, BEARER):
        response = client.get("/metrics", headers=headers)
        assert (response.status_code, response.content) == (404, b'{"error": "not_found"}')


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        METRICS_TOKEN,
        f"Basic {METRICS_TOKEN}",
        f"Bearer {METRICS_TOKEN}x",
        f"Bearer {METRICS_TOKEN[:-1]}",
        f"Bearer {METRICS_TOKEN}, Bearer x",
        "Bearer ż",
        "Bearer \xff",
        "B" * 8000,
    ],
)
def test_metrics_with_another_credential_are_401(client: Client, metrics_token: None, authorization: Any) -> None:
    with Statements() as statements:
        response = client.get("/metrics", headers={} if authorization is None else {"authorization": authorization})
    assert (response.status_code, response.content) == (401, b'{"error": "invalid_token"}')
    assert response["WWW-Authenticate"] == 'Bearer realm="metrics"'
    assert statements.sql == []


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_metrics_take_the_scheme_in_any_case(client: Client, metrics_token: None, scheme: str) -> None:
    """RFC 9110 §11.1."""
    assert client.get("/metrics", headers={"authorization": f"{scheme} {METRICS_TOKEN}"}).status_code == 200


def test_metrics_a_token_in_the_query_is_not_read(client: Client, metrics_token: None) -> None:
    assert client.get(f"/metrics?token={METRICS_TOKEN}&access_token={METRICS_TOKEN}").status_code == 401


def test_metrics_of_a_service_that_was_never_asked(client: Client, metrics_token: None) -> None:
    assert scraped(client) == {}
    assert scrape(client).value("reference_tokens_ready") == 1


def test_metrics_add_up_over_days_and_batches_of_two_processes(
    client: Client, metrics_token: None, server: Any
) -> None:
    now = timezone.now()
    for number in (1, 2):
        made = process()
        for _ in range(10 * number):
            made.note("active", at=now, client_id=server.client_id)
        made.note(ONLY_HERE, at=now)
        made.flush()
    AnswerCount.objects.create(day="2020-01-01", client_id=server.client_id, outcome="active", count=1000)
    assert scraped(client) == {("", ONLY_HERE): 2, (server.client_id, "active"): 1030}


def test_metrics_count_what_was_answered(
    client: Client, metrics_token: None, server: Any, alice: User, application: TrustedApplication
) -> None:
    introspect(client, server, issued_pat(alice, application).plaintext)
    introspect(client, server, "x")
    client.get(f"/auth/resource/{server.client_id}", headers={"authorization": "Bearer x"})
    recorder.flush()
    assert scraped(client) == {(server.client_id, "active"): 1, (server.client_id, "malformed"): 2}


def test_metrics_say_when_housekeeping_was_last_done(client: Client, metrics_token: None) -> None:
    Lease.objects.all().delete()
    assert not scrape(client).samples("reference_tokens_housekeeping_timestamp_seconds")
    do_housekeeping(now=datetime(2027, 1, 31, 12, tzinfo=UTC))
    assert scrape(client).value("reference_tokens_housekeeping_timestamp_seconds") == 1_801_396_800


def test_metrics_say_that_the_process_is_not_ready(client: Client, metrics_token: None) -> None:
    HashKey.objects.create(id="elsewhere")
    assert scrape(client).value("reference_tokens_ready") == 0


def test_metrics_without_a_database_say_so_and_tell_of_the_server(client: Client, metrics_token: None) -> None:
    with connection.execute_wrapper(fail):
        found = scrape(client)
    assert (found.value("reference_tokens_database_up"), found.value("reference_tokens_ready")) == (0, 0)
    assert found.value("reference_tokens_processes") >= 1
    assert not found.samples("reference_tokens_mails_waiting")
    assert scrape(client).value("reference_tokens_database_up") == 1


@pytest.mark.django_db(transaction=True)
def test_metrics_over_a_socket_count_what_both_workers_answered(server: Any, tmp_path: Path) -> None:
    with gunicorn(tmp_path) as live:
        for _ in range(20):
            live.introspect(server, "x")
    # A stopped server has written everything.
    with gunicorn(tmp_path, METRICS_TOKEN=METRICS_TOKEN) as live:
        answer = get(live, "/metrics", f"Authorization: Bearer {METRICS_TOKEN}")
    assert answer.status == 200
    found = Scrape(answer.body.decode())
    assert found.value(ANSWERS, client_id=server.client_id, outcome="malformed") == 20
