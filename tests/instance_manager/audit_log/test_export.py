"""Exporting the audit log: what the filters leave, streamed in portions, itself recorded (AUD-1, AUD-3, T40)."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from django.utils import translation

from accounts.audit.record import Actor, Source, Target
from accounts.audit.streaming import export as log_export
from accounts.models import AuditEvent, User
from tests.instance_manager.audit_log.entries import LOG, entries, entry
from tests.introspection import Statements
from tests.languages import TRANSLATED, reads_german, second_language
from tests.pages import form_of, next_of, signed_in, text_of

pytestmark = pytest.mark.django_db

EXPORT = f"{LOG}export/"


def export(client: Client, file_format: str = "jsonl", **filters: str) -> Any:
    return client.post(EXPORT, {"format": file_format} | filters)


def text(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


def rows(response: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text(response).splitlines()]


def test_the_file_holds_what_the_filters_leave_newest_first(
    administrator: User, administrator_client: Client, alice: User
) -> None:
    actor = Actor(Source.MANAGE, "user", str(administrator.pk), address="192.0.2.7", request_id="r1")
    event = entry("session:end", Target.user(alice.pk), actor=actor, sessions=2)
    entry()
    response = export(administrator_client, action="session:end")
    assert isinstance(response, StreamingHttpResponse)
    assert response.headers["Content-Disposition"].startswith('attachment; filename="audit-log-')
    assert response.headers["Cache-Control"] == "no-store"
    assert rows(response) == [
        {
            "seq": event.seq,
            "at": "2027-01-31T12:00:00.000000Z",
            "action": "session:end",
            "sentence": "Ada (ada) signed Alice (alice) out of devices from 192.0.2.7 in the Instance Manager",
            "source": "manage",
            "actor_type": "user",
            "actor_id": str(administrator.pk),
            "actor": "Ada (ada)",
            "target_type": "user",
            "target_id": str(alice.pk),
            "target": "Alice (alice)",
            "address": "192.0.2.7",
            "request_id": "r1",
            "details": {"sessions": 2},
        }
    ]


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "ocsf"])
def test_a_file_is_in_english_whoever_reads_it(
    administrator: User, administrator_client: Client, file_format: str
) -> None:
    entry()
    with second_language(), translation.override("de"):
        reads_german(administrator)
        response = export(administrator_client, file_format)
        # Read within the language of the page, as a middleware might.
        with translation.override("de"):
            told = text(response)
    assert "signed in" in told
    assert TRANSLATED not in told


def test_aud3_log_systems_take_the_file_by_their_own_schema(
    administrator: User, administrator_client: Client, alice: User
) -> None:
    actor = Actor(Source.MANAGE, "user", str(administrator.pk), address="192.0.2.7", request_id="r1")
    event = entry("user:deactivate", Target.user(alice.pk), actor=actor)
    response = export(administrator_client, "ocsf", action="user:deactivate")
    assert response.headers["Content-Type"] == "application/jsonl; charset=utf-8"
    assert response.headers["Content-Disposition"].endswith('.ocsf.jsonl"')
    (row,) = rows(response)
    assert (row["class_uid"], row["metadata"]["uid"]) == (3001, str(event.seq))
    assert (row["user"]["name"], row["actor"]["user"]["name"]) == ("Alice (alice)", "Ada (ada)")


def test_t40_no_cell_of_the_csv_is_a_formula(administrator_client: Client) -> None:
    entry("group:create", Target("group", "7"), name="=1+1", actor=Actor(Source.API, "=cmd", "-1"))
    content = text(export(administrator_client, "csv", action="group:create")).removeprefix("\ufeff")
    (row,) = csv.DictReader(io.StringIO(content, newline=""))
    assert (row["actor_type"], row["actor_id"]) == ("'=cmd", "'-1")
    assert json.loads(row["details"]) == {"name": "=1+1"}


def test_aud1_the_export_is_recorded_before_the_first_row_leaves(
    administrator: User, administrator_client: Client
) -> None:
    last = entries(3)[0]
    response = export(administrator_client, "csv", source="command", since="2027-01-31T12:00")
    event = AuditEvent.objects.get(action="audit_log:export")
    # Read to its end, it leaves its place to the next.
    assert len(text(response).splitlines()) == 4
    assert (event.actor_id, event.source) == (str(administrator.pk), "manage")
    chosen_by = {"source": "command", "since": "2027-01-31T12:00"}
    assert event.details == {"chosen_by": chosen_by, "format": "csv", "through": last}


def test_a_file_is_read_in_portions(administrator_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_export, "READ_AT_ONCE", 2)
    numbers = entries(5)
    response = export(administrator_client, action="user:sign_out")
    with Statements() as statements:
        assert [row["seq"] for row in rows(response)] == numbers
    reading = [sql for sql in statements.sql if "accounts_auditevent" in sql]
    assert len(reading) == 4
    assert all("LIMIT 2" in sql for sql in reading)


@pytest.mark.parametrize("sent", [{}, {"format": "xls"}, {"format": "csv", "source": "x"}])
def test_what_is_not_understood_exports_nothing(administrator_client: Client, sent: dict[str, str]) -> None:
    assert administrator_client.post(EXPORT, sent).headers["Location"] == LOG
    assert "Nothing was exported" in text_of(administrator_client.get(LOG))
    assert not AuditEvent.objects.filter(action="audit_log:export").exists()


def test_the_form_carries_the_filters(administrator_client: Client) -> None:
    entry()
    sent = form_of(administrator_client.get(LOG, {"source": "command"}), EXPORT)
    assert sent["source"] == ["command"]


def test_who_comes_back_from_the_confirmation_finds_the_log_they_had_filtered(administrator: User) -> None:
    asked = export(signed_in(administrator, confirmed=False), source="command")
    assert asked.headers["Location"].startswith("/accounts/reauthenticate/?next=")
    response = signed_in(administrator).get(next_of(asked))
    assert response.headers["Location"] == f"{LOG}?source=command"


def test_the_address_of_the_export_alone_leads_to_the_log(administrator_client: Client) -> None:
    assert administrator_client.get(EXPORT).headers["Location"] == LOG


def test_a_second_export_at_once_is_told_to_wait(administrator_client: Client) -> None:
    entries(1)
    first = export(administrator_client)
    assert export(administrator_client).status_code == 503
    assert len(rows(first)) == 2
