"""Handing over what a person who leaves still runs: their PATs of the last 30 days, and SATs beside them."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import DailyUse, ReferenceToken
from reference_tokens.usage.sources import with_uses
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory, alter, issued_pat, issued_sat
from tests.pages import HTMX, form_of, secret_of, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

CREATE = "Create application token"


def page_of(user: User, act: str = "hand-over/") -> str:
    return f"/manage/security/users/{user.pk}/{act}"


def links_of(response: Any, label: str) -> list[str]:
    """The addresses of the links that are called so, whatever they look like."""
    found = re.findall(r'<a [^>]*href="([^"]*)"[^>]*>(.*?)</a>', response.content.decode(), re.DOTALL)
    named = [(unescape(address), " ".join(re.sub(r"<[^>]*>", "", text).split())) for address, text in found]
    return [address for address, text in named if text == label]


def used_pat(user: User, application: TrustedApplication, *, days: int = 0, **changes: Any) -> ReferenceToken:
    """A PAT that was used so many days ago."""
    token = issued_pat(user, application, **changes).token
    used_at = timezone.now() - timedelta(days=days)
    alter(token, last_used_at=used_at, last_used_address="192.0.2.7")
    return token


def test_live_pats_used_within_30_days_are_listed_with_what_uses_them(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    nightly = used_pat(alice, application, description="Nightly report")
    DailyUse.objects.create(token=nightly, day=timezone.now().date(), accepted=1234)
    now, orders = timezone.now(), ResourceServerFactory.create(name="Orders API")
    places = with_uses("", [("Orders API", now), ("192.0.2.7", now), ("198.51.100.4", now - timedelta(days=2))])
    alter(nightly, last_used_at=now, last_used_server=orders, recent_sources=places)
    used_pat(alice, application, description="Just within", days=29)
    used_pat(alice, application, description="Before that", days=31)
    issued_pat(alice, application, description="Unused")
    alter(used_pat(alice, application, description="Gone"), revoked_at=timezone.now())
    alter(used_pat(alice, application, description="Paused"), suspended_at=timezone.now())
    used_pat(UserFactory.create(), application, description="Of somebody else")
    words = text_of(administrator_client.get(page_of(alice)))
    assert "2 tokens" in words
    assert words.index("Nightly report") < words.index("Just within")
    for said in ("Orders API", "192.0.2.7", "198.51.100.4", "1,234"):
        assert said in words
    for absent in ("Before that", "Unused", "Gone", "Paused", "Of somebody else", "Beside it"):
        assert absent not in words


def test_a_sat_of_the_same_application_and_scopes_is_issued_beside_a_pat(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    used_pat(alice, application, description="Nightly report", scopes=["read", "update"])
    (url,) = links_of(administrator_client.get(page_of(alice)), f"{CREATE} Nightly report")
    form = administrator_client.get(url)
    fields = form_of(form, urlsplit(url).path)
    assert (fields["description"], fields["scopes"]) == (["Nightly report"], ["read", "update"])
    assert links_of(form, "Cancel") == [page_of(alice)]
    shown = administrator_client.post(urlsplit(url).path, fields)
    assert secret_of(shown) not in administrator_client.get(page_of(alice)).content.decode()
    assert links_of(shown, "I have stored it") == [page_of(alice)]
    sat = ReferenceToken.objects.get(kind="SAT")
    assert (sat.application, sat.scopes, sat.description) == (application, ("read", "update"), "Nightly report")
    words = text_of(administrator_client.get(page_of(alice)))
    assert f"Beside it Nightly report {sat.hint} Never used" in words
    alter(sat, last_used_at=timezone.now())
    assert "Never used" not in text_of(administrator_client.get(page_of(alice)))
    assert "Token already created" in text_of(administrator_client.post(urlsplit(url).path, fields))


def test_scopes_that_the_application_no_longer_offers_are_left_out_and_said(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    used_pat(alice, application, description="Nightly report", scopes=["read", "update"])
    TrustedApplication.objects.filter(pk=application.pk).update(scopes=["read"])
    (url,) = links_of(administrator_client.get(page_of(alice)), f"{CREATE} Nightly report")
    form = administrator_client.get(url)
    assert "The scope update in the link was ignored: Excel does not offer it." in text_of(form)
    assert form_of(form, urlsplit(url).path)["scopes"] == ["read"]
    assert parse_qs(urlsplit(url).query)["description"] == ["Nightly report"]


def test_only_a_live_sat_that_has_every_scope_stands_beside_a_pat(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    used_pat(alice, application, scopes=["read", "update"])
    other = ApplicationFactory.create(with_system_user=True)
    used_pat(alice, other)
    TrustedApplication.objects.filter(pk=other.pk).update(scopes=["write"])
    issued_sat(TrustedApplication.objects.get(pk=other.pk), scopes=["write"])
    issued_sat(application)
    both = ["read", "update"]
    for ended in ("revoked_at", "suspended_at"):
        alter(issued_sat(application, scopes=both).token, **{ended: timezone.now()})
    assert "Beside it" not in text_of(administrator_client.get(page_of(alice)))
    lasting = issued_sat(application, scopes=both).token
    alter(lasting, expires_at=None)
    assert f"Beside it Excel {lasting.hint}" in text_of(administrator_client.get(page_of(alice)))
    newest = issued_sat(application, scopes=both, description="Newest").token
    assert f"Beside it Newest {newest.hint}" in text_of(administrator_client.get(page_of(alice)))


def test_pol4_where_no_sat_can_be_issued_the_reason_stands_beside_a_disabled_button(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    token = used_pat(alice, application)
    TrustedApplication.objects.filter(pk=application.pk).update(system_user=None)
    page = administrator_client.get(page_of(alice))
    assert links_of(page, "Choose a System User") == [f"/manage/security/trusted-apps/{application.pk}/edit/"]
    assert f'disabled aria-describedby="reason-{token.pk}"' in page.content.decode()
    assert not [link for link in links_of(page, CREATE) if link]
    form = page_of(alice, f"hand-over/{token.pk}/")
    assert "No token can be issued for this application" in text_of(administrator_client.get(form))
    administrator_client.post(form, {"scopes": ["read"], "expires": "30"})
    assert not ReferenceToken.objects.filter(kind="SAT").exists()


def test_nothing_to_hand_over(alice: User, administrator_client: Client) -> None:
    assert "Nothing to hand over" in text_of(administrator_client.get(page_of(alice)))
    for act in ("", "deactivate/", "delete/"):
        assert "still run" not in text_of(administrator_client.get(page_of(alice, act)))
    assert "Hand over" not in text_of(administrator_client.get(page_of(alice, "")))


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_page_of_the_person_and_the_questions_before_they_go_lead_to_the_list(
    alice: User, administrator_client: Client, application: TrustedApplication, headers: Any
) -> None:
    used_pat(alice, application)
    assert links_of(administrator_client.get(page_of(alice, "")), "Hand over 1 token") == [page_of(alice)]
    used_pat(alice, application)
    for act in ("deactivate/", "delete/"):
        question = administrator_client.get(page_of(alice, act), headers=headers)
        assert "2 tokens still run something: hand them over first." in text_of(question)
        assert links_of(question, "Hand over 2 tokens") == [page_of(alice)]


def test_nobody_but_a_person_hands_over(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    token, system_user = used_pat(alice, application), application.system_user
    assert system_user
    other = UserFactory.create()
    for address in (page_of(system_user), page_of(other, f"hand-over/{token.pk}/")):
        assert administrator_client.get(address).status_code == 404
    assert administrator_client.get(page_of(system_user, "deactivate/")).status_code == 200


def test_fifty_are_shown_at_most_at_the_cost_of_one(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    used_pat(alice, application)
    administrator_client.get(page_of(alice))
    with CaptureQueriesContext(connection) as one:
        administrator_client.get(page_of(alice))
    for number in range(50):
        used_pat(alice, application, description=f"Job {number}")
    with CaptureQueriesContext(connection) as many:
        page = administrator_client.get(page_of(alice))
    assert len(many) == len(one)
    assert "The 50 used last are shown." in text_of(page)
    assert "50+ tokens" in text_of(page)
    assert page.content.decode().count('scope="row"') == 50
    assert "Hand over 50+ tokens" in text_of(administrator_client.get(page_of(alice, "")))
