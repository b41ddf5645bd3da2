"""Exporting what the filters show: CSV and JSON Lines, streamed, recorded, without a value (T40, AUD-1)."""

# ruff: noqa: RUF001 - full-width signs are meant as they are
from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import StreamingHttpResponse
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.models import AuditEvent, User
from accounts.text.row_files import as_csv, as_json_lines
from reference_tokens.lists import export as token_export
from reference_tokens.lists.export import COLUMNS
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, alter, issued_pat, issued_sat
from tests.introspection import Statements
from tests.pages import TOKEN, form_of, next_of, signed_in, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

LIST = "/manage/security/tokens/"
EXPORT = "/manage/security/tokens/export/"


def export(client: Client, file_format: str = "csv", **filters: str) -> Any:
    return client.post(EXPORT, {"format": file_format} | filters)


def text(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


def table(response: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text(response).removeprefix("\ufeff"), newline="")))


def test_the_file_holds_what_the_list_shows_and_never_a_value(
    administrator: User, application: TrustedApplication
) -> None:
    issued = issued_pat(administrator, application, description="Laptop", scopes=["read", "update"])
    now = datetime(2026, 11, 26, 12, tzinfo=UTC)
    alter(issued.token, issued_at=now, expires_at=now.replace(year=2027), issuer=administrator)
    issued_sat(ApplicationFactory.create(with_system_user=True))
    with time_machine.travel(now, tick=False):
        response = export(signed_in(administrator), kind="PAT")
    assert isinstance(response, StreamingHttpResponse)
    assert response.headers["Content-Disposition"] == 'attachment; filename="tokens-2026-11-26.csv"'
    assert response.headers["Content-Type"].startswith("text/csv; charset=utf-8")
    assert response.headers["Cache-Control"] == "no-store"
    content = text(response)
    assert not TOKEN.search(content)
    (row,) = csv.DictReader(io.StringIO(content.removeprefix("\ufeff"), newline=""))
    assert row == dict.fromkeys(COLUMNS, "") | {
        "id": str(issued.token.pk),
        "hint": issued.token.hint,
        "kind": "PAT",
        "description": "Laptop",
        "application": "com.example/excel",
        "application_name": "Excel",
        "acts_as": "ada",
        "issued_by": "ada",
        "scopes": "read update",
        "state": "live",
        "issued_at": "2026-11-26T12:00:00Z",
        "expires_at": "2027-11-26T12:00:00Z",
    }


def test_json_lines_hold_the_same(alice: User, administrator_client: Client, application: TrustedApplication) -> None:
    for name in ("Laptop", "=1+1"):
        issued_pat(alice, application, description=name)
    response = export(administrator_client, "jsonl")
    assert response.headers["Content-Type"] == "application/jsonl; charset=utf-8"
    lines = [json.loads(line) for line in text(response).splitlines()]
    assert [line["description"] for line in lines] == ["=1+1", "Laptop"]
    assert [{**line, "description": ""} for line in lines] == [
        {**row, "description": ""} for row in table(export(administrator_client))
    ]


def test_what_has_ended_says_by_whom_and_why(
    administrator: User, administrator_client: Client, application: TrustedApplication
) -> None:
    token = issued_sat(application).token
    TrustedApplication.objects.update(system_user=None, access_tokens_policy="None")
    now = datetime(2026, 11, 26, 12, tzinfo=UTC)
    alter(token, suspended_at=now, suspended_by=administrator, suspension_reason="Doubt", last_used_at=now)
    alter(token, revoked_at=now, revoked_by=administrator, revocation_reason="Leak", last_used_address="192.0.2.1")
    (row,) = table(export(administrator_client, state="ended"))
    assert (row["state"], row["revoked_by"], row["revocation_reason"]) == ("revoked", "ada", "Leak")
    assert (row["suspended_by"], row["suspension_reason"], row["acts_as"]) == ("ada", "Doubt", "")
    assert (row["last_used_from"], row["outside_policy"]) == ("192.0.2.1", "policy")


def test_aud1_an_export_is_recorded_before_the_first_row_leaves(
    alice: User, administrator: User, administrator_client: Client, application: TrustedApplication
) -> None:
    issued_pat(alice, application)
    response = export(administrator_client, "jsonl", owner="alice", sort="used")
    event = AuditEvent.objects.get(action="token:export")
    assert (event.actor_id, event.source) == (str(administrator.pk), "manage")
    chosen_by = {"state": "live", "owner": "alice", "sort": "used"}
    assert event.details == {"chosen_by": chosen_by, "count": 1, "format": "jsonl"}
    assert len(text(response).splitlines()) == 1


@pytest.mark.parametrize("sent", [{}, {"format": "xls"}, {"format": "csv", "state": "x"}, {"format": "csv", "q": "\0"}])
def test_t65_what_is_not_understood_exports_nothing(administrator_client: Client, sent: dict[str, str]) -> None:
    response = administrator_client.post(EXPORT, sent)
    assert response.headers["Location"] == LIST
    assert "Nothing was exported" in text_of(administrator_client.get(LIST))
    assert not AuditEvent.objects.filter(action="token:export").exists()


def test_the_form_carries_the_filters(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    issued_pat(alice, application)
    sent = form_of(administrator_client.get(f"{LIST}?owner=alice"), EXPORT)
    assert sent["owner"] == ["alice"]
    assert "format" not in sent


def test_a_file_is_read_by_one_statement(
    alice: User, administrator_client: Client, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_export, "READ_AT_ONCE", 2)
    for _number in range(5):
        issued_pat(alice, application)
    response = export(administrator_client)
    with Statements() as statements:
        assert len(table(response)) == 5
    assert len(statements.about_tokens) <= 1
    assert ReferenceToken.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_a_file_that_nobody_reads_to_its_end_leaves_no_transaction_open(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    issued_pat(alice, application)
    response = export(administrator_client, "jsonl")
    assert b"alice" in next(iter(response.streaming_content))
    # What the server does once the browser is gone; `close` itself would end the connection of this test too.
    for close in response._resource_closers:
        close()
    assert not connection.in_atomic_block


CELLS = st.text(alphabet=st.one_of(st.sampled_from("=+-@\t\r\n\"',; x"), st.characters(codec="utf-8")), max_size=20)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, CELLS)), max_size=3))
@example([dict.fromkeys(COLUMNS, start) for start in ("=1", "+1", "-1", "@a", "\t=1", "\r=1", '"=1', "'=1", "\n=1")])
def test_t40_no_cell_begins_like_a_formula_and_nothing_is_lost(records: list[dict[str, str]]) -> None:
    lines = list(as_csv(iter(records), COLUMNS))
    assert all(line.endswith("\r\n") for line in lines)
    assert lines[0].startswith('\ufeff"id","hint",')
    header, *rows = csv.reader(io.StringIO("".join(lines).removeprefix("\ufeff"), newline=""), strict=True)
    assert tuple(header) == COLUMNS
    assert len(rows) == len(records)
    for row, record in zip(rows, records, strict=True):
        for cell, value in zip(row, (record[name] for name in COLUMNS), strict=True):
            assert cell in {value, "'" + value}
            assert not cell or cell[0] not in "=+-@|%\t\r\n＝＋－＠"
    assert [json.loads(line) for line in as_json_lines(iter(records), COLUMNS)] == records


@pytest.mark.parametrize("start", ["=", "＝", "＋", "－", "＠", "﹦", "|", "%", " =", "\u3000＝", "\t", "\n", "\r\n-"])
def test_t40_what_starts_a_formula_in_any_width_stands_behind_an_apostrophe_and_in_quotes(start: str) -> None:
    records = [dict.fromkeys(COLUMNS, "") | {"description": f"{start}1;2"}]
    _header, line = as_csv(iter(records), COLUMNS)
    assert f'"\'{start}1;2"' in line
    assert json.loads(next(as_json_lines(iter(records), COLUMNS)))["description"] == f"{start}1;2"


def test_who_comes_back_from_the_confirmation_finds_the_list_they_had_filtered(administrator: User) -> None:
    client = signed_in(administrator, confirmed=False)
    asked = export(client, kind="PAT")
    assert asked.headers["Location"].startswith("/accounts/reauthenticate/?next=")
    response = signed_in(administrator).get(next_of(asked))
    assert response.headers["Location"] == f"{LIST}?kind=PAT"
