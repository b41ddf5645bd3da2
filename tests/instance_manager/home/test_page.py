"""The start page of the Instance Manager: what there is, the validations, and the condition of the instance."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.database.audit_triggers import execute, removal
from accounts.models import User
from reference_tokens.endpoints import health
from reference_tokens.maintenance.housekeeping import do_housekeeping
from reference_tokens.maintenance.worker import BackgroundWorker
from reference_tokens.models import AnswerCount, Lease
from tests.accounts.audit.tampering import MARKS, recorded, tampered
from tests.factories import ApplicationFactory, issued_pat, rotated
from tests.pages import links_of, text_of
from trusted_apps.models import TrustedApplication


def test_home_leads_to_checking_a_token(administrator_client: Client) -> None:
    assert links_of(administrator_client.get("/manage/"), "Check a token") == ["/manage/security/check-token/"]


def test_home_counts_what_there_is(
    administrator_client: Client, alice: User, application: TrustedApplication, server: Any
) -> None:
    ApplicationFactory.create(disabled=True)
    issued_pat(alice, application)
    issued_pat(alice, application, expires_at=timezone.now() + timedelta(days=6))
    html = administrator_client.get("/manage/").content.decode()
    for text in (
        "3 applications",
        "1 is disabled",
        "2 tokens",
        "1 Resource Server",
        'href="/manage/security/resource-servers/"',
    ):
        assert text in html


def test_home_counts_tokens_as_the_list_behind_the_tile_does(
    administrator_client: Client, alice: User, application: TrustedApplication
) -> None:
    replaced = issued_pat(alice, application, expires_at=timezone.now() + timedelta(days=6))
    rotated(replaced.token)
    issued_pat(alice, application, expires_at=timezone.now() + timedelta(days=5))
    html = administrator_client.get("/manage/").content.decode()
    [tile] = re.findall(r'<a class="card tile" href="/manage/security/tokens/">(.*?)</a>', html, re.DOTALL)
    listed = administrator_client.get("/manage/security/tokens/").context["count_label"]
    assert listed == "3 tokens"
    assert f"<strong>{listed}</strong>" in tile


# --- Validations -----------------------------------------------------------------------------------------------------


def test_home_draws_the_validations_of_all_doors_by_day(administrator_client: Client) -> None:
    today = timezone.now().date()
    for client_id, days_ago, outcome, count in (
        ("rs_1", 0, "active", 1200),
        ("", 0, "active", 34),
        ("rs_1", 0, "expired", 5),
        ("rs_2", 29, "active", 3),
        ("rs_2", 30, "active", 1000),
    ):
        AnswerCount.objects.create(
            client_id=client_id, day=today - timedelta(days=days_ago), outcome=outcome, count=count
        )
    text = text_of(administrator_client.get("/manage/"))
    assert "The last 30 days: 1,237 accepted, 5 refused." in text
    assert "(today so far) 1234 5" in text
    assert "The last 90 days: 2,237 accepted, 5 refused." in text_of(administrator_client.get("/manage/?days=90"))


def test_home_says_that_no_token_was_checked(administrator_client: Client) -> None:
    assert "No token was checked in this time" in text_of(administrator_client.get("/manage/"))


# --- The condition of the instance -----------------------------------------------------------------------------------


def test_home_names_the_version_and_the_database(administrator_client: Client) -> None:
    text = text_of(administrator_client.get("/manage/"))
    assert f"Version {settings.VERSION}" in text
    assert re.search(r"Database (SQLite 3|PostgreSQL 1)[\d.]+", text)


def test_home_says_whether_the_service_is_ready(administrator_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Health Ready Tokens can be validated." in text_of(administrator_client.get("/manage/"))
    monkeypatch.setattr(health, "ring_is_incomplete", lambda: True)
    lacks = "Health Not ready Tokens cannot be validated. Missing: a key in TOKEN_HASH_KEYS that stored digests need"
    assert lacks in text_of(administrator_client.get("/manage/"))


def test_aud2_home_says_that_the_audit_log_can_be_changed(administrator_client: Client) -> None:
    assert "The audit log can be changed" not in text_of(administrator_client.get("/manage/"))
    execute(connection, removal(connection.vendor))
    text = text_of(administrator_client.get("/manage/"))
    assert "Health Not ready Tokens can be validated. The audit log can be changed. Missing: triggers" in text


def test_aud2_home_warns_where_the_audit_log_does_not_fit_or_cannot_be_anchored(
    administrator_client: Client, settings: Any
) -> None:
    warnings = ("The audit log is not as it was written.", "The audit log could not be anchored")

    def warned_after_housekeeping() -> list[bool]:
        do_housekeeping(now=timezone.now())
        text = text_of(administrator_client.get("/manage/"))
        return [warning in text for warning in warnings]

    recorded(2)
    assert warned_after_housekeeping() == [False, False]
    settings.AUDIT_ANCHOR = "/dev/null/anchors"
    assert warned_after_housekeeping() == [False, True]
    tampered(f"UPDATE {MARKS} SET signature = hash")
    assert warned_after_housekeeping() == [True, True]
    settings.AUDIT_ANCHOR = ""
    assert warned_after_housekeeping() == [True, False]


def test_home_says_when_housekeeping_was_last_done(administrator_client: Client) -> None:
    Lease.objects.all().delete()
    assert "Last housekeeping Not yet" in text_of(administrator_client.get("/manage/"))
    do_housekeeping(now=timezone.now() - timedelta(hours=1))
    text = text_of(administrator_client.get("/manage/"))
    assert "Last housekeeping Done 1 hour ago" in text
    assert "overdue" not in text


def test_home_warns_where_housekeeping_is_not_done_any_more(administrator_client: Client) -> None:
    do_housekeeping(now=timezone.now() - timedelta(hours=4))
    text = text_of(administrator_client.get("/manage/"))
    assert "Housekeeping is overdue, so mails about tokens that expire soon are not sent." in text
    assert "Last housekeeping Overdue 4 hours ago" in text


@pytest.mark.django_db(transaction=True)
def test_home_warns_where_the_last_housekeeping_failed_until_one_is_done(
    administrator_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, broken = timezone.now(), "reference_tokens.maintenance.worker.do_housekeeping"
    do_housekeeping(now=now - timedelta(hours=2))
    Lease.objects.update(until=now - timedelta(hours=1))
    with monkeypatch.context() as patch:
        patch.setattr(broken, lambda **_told: 1 / 0)
        BackgroundWorker().run_once(now)
    text = text_of(administrator_client.get("/manage/"))
    assert "The last housekeeping failed. It is tried again every five minutes. The log says why." in text
    assert "Last housekeeping Failed just now" in text
    assert "Last done: 2 hours ago" in text
    do_housekeeping(now=timezone.now())
    assert "failed" not in text_of(administrator_client.get("/manage/"))
