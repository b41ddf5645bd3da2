"""The start page of the Instance Manager: what there is, and where it is looked after."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from tests.factories import ApplicationFactory, issued_pat
from tests.pages import signed_in
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
        "1 token with an end within 7 days",
        "1 Resource Server",
        'href="/manage/security/resource-servers/"',
    ):
        assert text in html
