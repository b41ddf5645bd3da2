"""Acts on many tokens, each once: how long they take."""

from __future__ import annotations

import datetime
import resource
import time
from typing import Any

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from accounts.audit.record import OPERATOR, Actor, Source
from accounts.models import User
from accounts.text.row_files import as_csv
from reference_tokens.lifecycle.issuance import TokenRequest, issue_pat
from reference_tokens.lifecycle.revocation import revoke_tokens
from reference_tokens.lists.export import exported_rows
from reference_tokens.maintenance.housekeeping import do_housekeeping
from reference_tokens.models import ReferenceToken
from reference_tokens.policy.change import change_of
from reference_tokens.policy.impact import impact_of
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
    """Count what it would do to allow the largest application to administrators alone, and for a month."""
    now, application = timezone.now(), largest_application()
    values = {"access_tokens_policy": AccessTokensPolicy.ADMINISTRATORS_ONLY, "max_lifetime_days": 30}
    started = time.perf_counter()
    counted = impact_of(change_of(application, values, now))
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "count": application.tokens.count(), "touched": len(counted.groups)}


def housekeeping() -> dict[str, Any]:
    """All of it but sending the mails, which takes as long as the mail server does: the first run, and the next."""
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        do_housekeeping(now=timezone.now(), may_go_on=lambda: False)
        seconds.append(time.perf_counter() - started)
    return {"first": seconds[0], "next": seconds[1]}


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
    rows, early, started = exported_rows(ReferenceToken.objects.all(), timezone.now()), 0, time.perf_counter()
    for count, _line in enumerate(as_csv(rows)):
        if count == int(most) // 10:
            early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if count == int(most):
            break
    rows.close()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - early) / 1024
    return {"seconds": time.perf_counter() - started, "rows": count, "grown_megabytes": grown}
