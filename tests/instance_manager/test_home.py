"""The start page of the Instance Manager: what there is, and where it is looked after."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from reference_tokens.maintenance.housekeeping import do_housekeeping
from reference_tokens.models import Lease
from tests.factories import ApplicationFactory, issued_pat, rotated
from tests.pages import signed_in, text_of
from trusted_apps.models import TrustedApplication


def test_home_counts_what_there_is(
    administrator: User, alice: User, application: TrustedApplication, server: Any
) -> None:
    ApplicationFactory.create(disabled=True)
    issued_pat(alice, application)
    issued_pat(alice, application, expires_at=timezone.now() + timedelta(days=6))
    html = signed_in(administrator).get("/manage/").content.decode()
    for text in (
        "2 applications",
        "1 is disabled",
        "2 tokens",
        "1 token expiring within 7 days",
        "1 Resource Server",
        'href="/manage/security/resource-servers/"',
    ):
        assert text in html


def test_home_counts_tokens_as_the_list_behind_the_tile_does(
    administrator: User, alice: User, application: TrustedApplication
) -> None:
    replaced = issued_pat(alice, application, expires_at=timezone.now() + timedelta(days=6))
    rotated(replaced.token)
    issued_pat(alice, application, expires_at=timezone.now() + timedelta(days=5))
    client = signed_in(administrator)
    html = client.get("/manage/").content.decode()
    [tile] = re.findall(r'<a class="card tile" href="/manage/security/tokens/">(.*?)</a>', html, re.DOTALL)
    listed = client.get("/manage/security/tokens/").context["count_label"]
    soon = client.get("/manage/security/tokens/?state=expires_soon").context["count_label"]
    assert (listed, soon) == ("3 tokens", "2 tokens")
    assert f"<strong>{listed}</strong>" in tile
    assert f"{soon} expiring within 7 days" in tile


def test_home_says_when_housekeeping_was_last_done(administrator: User) -> None:
    client = signed_in(administrator)
    Lease.objects.all().delete()
    assert "Housekeeping has not run yet." in text_of(client.get("/manage/"))
    do_housekeeping(now=timezone.now() - timedelta(hours=1))
    text = text_of(client.get("/manage/"))
    assert "Last housekeeping: 1 hour ago" in text
    assert "overdue" not in text


def test_home_warns_where_housekeeping_is_not_done_any_more(administrator: User) -> None:
    do_housekeeping(now=timezone.now() - timedelta(hours=4))
    text = text_of(signed_in(administrator).get("/manage/"))
    assert "Housekeeping is overdue, so mails about tokens that expire soon are not sent." in text
    assert "Last housekeeping: 4 hours ago" in text
