"""Acts on many tokens, each once: how long they take."""

from __future__ import annotations

import datetime
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR, Actor, Source
from accounts.models import User
from accounts.text.row_files import as_csv
from reference_tokens.lifecycle.issuance import TokenRequest, issue_pat
from reference_tokens.lifecycle.revocation import revoke_tokens
from reference_tokens.lists.export import COLUMNS, exported_rows
from reference_tokens.maintenance.housekeeping import do_housekeeping
from reference_tokens.models import ReferenceToken
from reference_tokens.policy.change import change_of
from reference_tokens.policy.impact import impact_of
from tests.sessions import begun, keep
from trusted_apps.models import AccessTokensPolicy, TrustedApplication


def largest_application() -> TrustedApplication:
    return TrustedApplication.objects.annotate(size=Count("tokens")).order_by("-size")[0]


def revoke(count: str) -> dict[str, Any]:
    """Revoke so many tokens of the largest application in one transaction."""
    now = timezone.now()
    live = ReferenceToken.objects.of(largest_application()).not_ended(now)
    until = live.order_by("issued_at").values_list("issued_at", flat=True)[: int(count)]
    tokens = live.filter(issued_at__lte=list(until)[-1])
    administrator = User.objects.filter(is_administrator=True, is_active=True)[0]
    actor, started = Actor.person(administrator, Source.MANAGE), time.perf_counter()
    done = revoke_tokens(actor=actor, tokens=tokens, chosen_by={"state": "live"}, now=now, reason="bench")
    return {"seconds": time.perf_counter() - started, "count": done}


def impact() -> dict[str, Any]:
    """Count what it would do to change every rule of the largest application."""
    now, application = timezone.now(), largest_application()
    values = {
        "access_tokens_policy": AccessTokensPolicy.ADMINISTRATORS_ONLY,
        "max_lifetime_days": 30,
        "allows_tokens_without_expiry": False,
        "scopes": application.scopes[:1],
        "is_enabled": False,
        "system_user": None,
    }
    started = time.perf_counter()
    counted = impact_of(change_of(application, values, now))
    seconds = time.perf_counter() - started
    live = application.tokens.not_ended(now).count()
    if counted.groups["disabled"].count != live:
        raise RuntimeError("it counts other tokens")
    return {"seconds": seconds, "count": live}


def housekeeping() -> dict[str, Any]:
    """All of it but sending the mails, which takes as long as the mail server does: the first run, and the next.

    Of each its longest transaction for which other writers wait.
    """
    found: dict[str, float] = {}
    for name in ("first", "next"):
        started = time.perf_counter()
        with transactions() as lengths:
            do_housekeeping(now=timezone.now(), may_go_on=lambda: False)
        found |= {name: time.perf_counter() - started, f"{name}_step": max(lengths, default=0.0)}
    return found


@contextmanager
def transactions() -> Iterator[list[float]]:
    """The seconds of each transaction of the block that locks rows, from its begin to the end of its commit."""
    lengths: list[float] = []
    enter, leave = transaction.Atomic.__enter__, transaction.Atomic.__exit__
    began: list[float] = []

    def entered(atomic: Any) -> None:
        began.append(time.perf_counter())
        enter(atomic)

    def left(atomic: Any, *error: Any) -> None:
        locks = locks_rows()
        leave(atomic, *error)
        length = time.perf_counter() - began.pop()
        lengths.extend([length] if locks else [])

    with mock.patch.multiple(transaction.Atomic, __enter__=entered, __exit__=left):
        yield lengths


def locks_rows() -> bool:
    """Whether others may wait for this transaction: one of PostgreSQL that only reads is in nobody's way."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
        return bool(cursor.fetchone()[0])


def administrator() -> dict[str, Any]:
    """The cookies of an administrator who has just signed in, and the form that asks for the file of all tokens."""
    user = User.objects.filter(is_administrator=True, is_active=True).order_by("username")[0]
    secret = "bench" * 6 + "ok"
    client = Client()
    keep(begun(client, user), user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookie = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={secret}"
    return {"cookie": cookie, "body": urlencode({"format": "csv", "csrfmiddlewaretoken": secret})}


def issue(count: str, client: str) -> dict[str, Any]:
    """Issue so many tokens, each durable with its audit entry; one client of several."""
    application = TrustedApplication.objects.filter(
        is_enabled=True, access_tokens_policy=AccessTokensPolicy.AUTHENTICATED_USERS
    ).order_by("application_uri")[int(client)]
    people = list(User.objects.filter(is_active=True, kind="PERSON").order_by("username")[int(client) :: 4][:2000])
    expires_at = timezone.now() + datetime.timedelta(days=30)
    asked = TokenRequest(scopes=application.scopes[:1], expires_at=expires_at, description="bench")
    connection.ensure_connection()
    started = time.time()
    for number in range(int(count)):
        person = people[number % len(people)]
        issue_pat(actor=OPERATOR, user=person, application=application, token_request=asked, now=timezone.now())
    return {"started": started, "ended": time.time()}


def export(most: str) -> dict[str, Any]:
    """Write so many of all tokens as CSV, piece by piece; how much the memory grows behind the first tenth."""
    rows, early = exported_rows(ReferenceToken.objects.all(), timezone.now()), 0
    for count, _line in enumerate(as_csv(rows, COLUMNS)):
        if count == int(most) // 10:
            early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if count == int(most):
            break
    rows.close()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - early) / 1024
    return {"rows": count, "grown_megabytes": grown}
