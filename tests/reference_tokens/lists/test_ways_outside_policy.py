"""Both ways to the tokens outside policy lead to the same ones, whatever else narrows the list."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from reference_tokens.lists.finding.filters import TokenFilters
from reference_tokens.lists.finding.states import ListState
from reference_tokens.lists.finding.ways import ways_to
from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet, outside_policy
from reference_tokens.models.outside_policy import Outside
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory, alter, issued_pat, issued_sat
from trusted_apps.models import AccessTokensPolicy, TrustedApplication

pytestmark = pytest.mark.django_db

FILTERS = [
    {},
    {"owner": "robot"},
    {"application": "com.example/x"},
    {"server": "of-x"},
    {"owner": "robot", "application": "com.example/x"},
    {"owner": "robot", "server": "of-x"},
    {"owner": "robot", "scope": "update"},
    {"owner": "robot", "application": "com.example/x", "server": "of-x", "kind": "SAT"},
    {"application": "com.example/x", "server": "of-y"},
]


def texts(tokens: ReferenceTokenQuerySet) -> set[str]:
    return set(tokens.values_list("description", flat=True))


def issue_tokens_outside_policy(alice: User) -> None:
    """Of three applications, two of which act as one System User, a PAT and a SAT for each reason."""
    robot = UserFactory.create(username="robot", system=True)
    applications = {
        name: ApplicationFactory.create(
            application_uri=f"com.example/{name}",
            system_user=robot if name != "z" else UserFactory.create(system=True),
            scopes=("read", "update"),
            max_lifetime_days=days,
        )
        for name, days in (("x", 400), ("y", 401), ("z", None))
    }
    for name, application in applications.items():
        server = ResourceServerFactory.create(client_id=f"of-{name}", asks_for_all_applications=False)
        server.applications.set([application])
        for reason in ("scope", "lifetime", "expiry"):
            scopes = ["read", "update"] if reason == "scope" else ["read"]
            for issued, text in (
                (issued_pat(alice, application, scopes=scopes), f"{name} PAT {reason}"),
                (issued_sat(application, scopes=scopes), f"{name} SAT {reason}"),
            ):
                alter(issued.token, description=text)
                if reason != "scope":
                    expires_at = timezone.now() + timedelta(days=500) if reason == "lifetime" else None
                    alter(issued.token, expires_at=expires_at)
    TrustedApplication.objects.update(scopes="read", access_tokens_policy=AccessTokensPolicy.ADMINISTRATORS_ONLY)


@pytest.mark.parametrize("rules", [0, 100])
@pytest.mark.parametrize("reason", ["", *Outside])
def test_both_ways_lead_to_the_same_tokens_outside_policy_under_each_filter(
    alice: User, monkeypatch: pytest.MonkeyPatch, reason: str, rules: int
) -> None:
    monkeypatch.setattr(outside_policy, "RULES_AT_MOST", rules)
    issue_tokens_outside_policy(alice)
    state = ListState.LIVE if reason else ListState.OUTSIDE_POLICY
    for filters in FILTERS:
        asked = TokenFilters(**filters, outside=reason, state=state)  # type: ignore[arg-type]
        found, walked = ways_to(ReferenceToken.objects.all(), asked, timezone.now())
        assert (filters, set.union(*map(texts, found))) == (filters, texts(walked))
