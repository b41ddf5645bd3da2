"""T60, fault 1 and 2: kill -9 at marked points of issue, revocation and mass revocation, around the commit itself."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import issued_pat, issued_sat
from tests.faults.kills.marks import AFTER_COMMIT, AT_COMMIT, BEFORE_COMMIT, BETWEEN
from tests.faults.kills.rounds import ISSUE, REVOKE, REVOKE_MANY, ROUNDS, USES, Killing
from tests.gunicorn import gunicorn
from tests.long_runs import IS_LONG, rounds
from trusted_apps.built_in import ManagementScope
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.long_run, pytest.mark.django_db(transaction=True)]

# What `make test` tries; the long run tries all.
FEW = [
    *((act, AT_COMMIT) for act in (ISSUE, REVOKE, REVOKE_MANY)),
    *((REVOKE_MANY, BETWEEN), (REVOKE, BEFORE_COMMIT), (ISSUE, AFTER_COMMIT), (USES, AT_COMMIT)),
]
# Logged, with the error of the database, where a validation is answered 503: on a busy machine the database may not
# answer within the seconds that a caller waits (VAL-4). No other traceback is allowed, and no more of these than 503s.
UNANSWERED = "/oauth/introspect cannot be answered"
MARKED = ("sh", "-c", 'exec "$@" --preload tests.faults.kills.marked:application', "sh")


def test_t60_a_process_killed_around_a_commit_has_done_all_of_the_act_or_nothing(
    server: Any,
    alice: User,
    application: TrustedApplication,
    management_api: TrustedApplication,
    tmp_path: Path,
    settings: Settings,
    record_property: Callable[[str, object], None],
) -> None:
    # Those that outlive their rounds are many.
    settings.MAX_LIVE_PATS_PER_PERSON = settings.MAX_LIVE_SATS_PER_APPLICATION = 10_000
    manager = issued_sat(management_api, scopes=[str(scope) for scope in ManagementScope]).plaintext

    def issue_many(number: int) -> list[tuple[str, UUID]]:
        issued = [issued_pat(alice, application) for _number in range(number)]
        return [(each.plaintext, each.token.pk) for each in issued]

    with gunicorn(tmp_path, under=MARKED, API_RATE="0") as live:
        killing = Killing(live, server, application, manager, issue_many)
        killing.made(1)
        killing.rehearse()
        ends_at = time.monotonic() + 60 * float(os.environ.get("MINUTES", "inf"))
        for act, mark in rounds(1, long=9) * (ROUNDS if IS_LONG else FEW):
            if time.monotonic() < ends_at:
                killing.round(act, mark)
        killing.hold_all()
    call_command("verify_audit_log", verbosity=0)
    told = {"rounds": killing.told(), "tokens": ReferenceToken.objects.count(), "validations": killing.validations}
    record_property("told", json.dumps(told))
    print(json.dumps(told, indent=1))
    traced = [line for line in live.log.read_text().splitlines() if "Traceback" in line]
    assert [line for line in traced if UNANSWERED not in line] == []
    assert len(traced) <= killing.validations[503], traced
