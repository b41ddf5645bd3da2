"""The page of one Trusted Application: its facts, and every token (POL-4, POL-5)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, UserFactory, alter, issued_pat, issued_sat
from tests.instance_manager.applications.forms import edit_of, many_tokens, page_of
from tests.introspection import Statements
from tests.pages import text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def test_the_page_states_the_facts(administrator_client: Client) -> None:
    application = ApplicationFactory.create(
        name="Word",
        application_uri="com.example/word",
        description="Writes <b>letters",
        administrators_only=True,
        with_system_user=True,
        max_lifetime_days=1,
        allows_tokens_without_expiry=True,
        allows_self_rotation=True,
    )
    application.owners.set([UserFactory.create(username="olga"), UserFactory.create(username="otto", name="")])
    response = administrator_client.get(page_of(application))
    words = text_of(response)
    assert application.system_user
    for part in (
        "Word com.example/word",
        "Description Writes <b>letters",
        "Access tokens AdministratorsOnly Only administrators may issue personal access tokens or service access",
        f"System User {application.system_user.name}",
        "Maximum lifetime of a token 1 day Tokens without expiry are allowed.",
        "Owners Olga (olga), otto",
        "A token may rotate itself",
        "Application access tokens",
    ):
        assert part in words
    assert "<b>letters" not in response.content.decode()
    assert f'href="{edit_of(application)}"' in response.content.decode()


def test_an_application_with_nothing_set_says_so(administrator_client: Client) -> None:
    application = ApplicationFactory.create(closed=True, scopes=())
    words = text_of(administrator_client.get(page_of(application)))
    for part in (
        "None Reference tokens cannot be issued.",
        "System User None",
        "366 days Every token expires.",
        "Owners None",
    ):
        assert part in words


def test_pol5_a_disabled_application_says_what_that_means(administrator_client: Client) -> None:
    application = ApplicationFactory.create(disabled=True)
    assert "This application is disabled No token can be issued for it" in text_of(
        administrator_client.get(page_of(application))
    )


def test_an_inactive_system_user_is_marked(administrator_client: Client, application: TrustedApplication) -> None:
    User.objects.filter(kind="SYSTEM").update(is_active=False)
    assert "Inactive" in text_of(administrator_client.get(page_of(application)))


def test_every_pat_and_sat_is_listed_with_whom_it_acts_as(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    issued_pat(alice, application, description="Laptop")
    issued_sat(application, description="Nightly")
    words = text_of(administrator_client.get(page_of(application)))
    assert application.system_user
    assert "2 tokens" in words
    assert "Laptop" in words
    assert re.search(r"Alice \(alice\) PAT, Personal access token", words)
    system_user = application.system_user
    assert f"{system_user.name} ({system_user.username}) SAT, Service access token" in words


POL4: dict[str, tuple[dict[str, Any], str, str]] = {
    "disabled": ({"is_enabled": False}, "The application is disabled.", "Enable the application"),
    "policy": ({"access_tokens_policy": "None"}, "Its AccessTokens policy is None", "Change the policy"),
    "no System User": ({"system_user": None}, "It has no System User", "Choose a System User"),
    "inactive System User": ({}, "Its System User is not active.", "Choose another System User"),
}


@pytest.mark.parametrize("case", POL4)
def test_pol4_the_button_is_disabled_with_its_reason_and_a_link(
    administrator_client: Client, application: TrustedApplication, case: str
) -> None:
    columns, reason, link = POL4[case]
    TrustedApplication.objects.filter(pk=application.pk).update(**columns or {"name": "Excel"})
    User.objects.filter(kind="SYSTEM").update(is_active=case != "inactive System User")
    response = administrator_client.get(page_of(application))
    content = response.content.decode()
    assert re.search(r"<button[^>]*\sdisabled\s[^>]*>.*?Create application token\s*</button>", content, re.DOTALL)
    assert text_of(response).count(reason) == 1
    assert f'<a href="{edit_of(application)}">{link}</a>' in content
    assert "tokens/new/" not in content
    form = administrator_client.get(f"{page_of(application)}tokens/new/")
    assert reason in text_of(form)
    assert "No token can be issued for this application" in text_of(form)
    assert "Generate token" not in text_of(form)


@pytest.mark.parametrize("step", [timedelta(0), timedelta(seconds=1)])
def test_the_pages_walk_every_token_once_both_ways(
    alice: User, administrator_client: Client, application: TrustedApplication, step: timedelta
) -> None:
    many_tokens(application, alice, 120, step)

    def walk(address: str, relation: str) -> tuple[list[str], str]:
        seen: list[str] = []
        while True:
            content = administrator_client.get(address).content.decode()
            page = re.findall(r'class="token-name"[^>]*><bdi>(.*?)</bdi>', content)
            seen = seen + page if relation == "next" else page + seen
            links = {rel: href for href, rel in re.findall(r'href="(\?[^"]*)" rel="(\w+)"', content)}
            if relation not in links:
                return seen, address
            address = page_of(application) + links[relation]

    older, last = walk(page_of(application), "next")
    newer, _first = walk(last, "prev")
    assert len(older) == len(set(older)) == 120
    assert newer == older


def test_a_thousand_tokens_cost_ten_queries(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    many_tokens(application, alice, 1000, timedelta(seconds=1))
    token = ReferenceToken.objects.order_by("issued_at")[500]
    for address in (page_of(application), f"{page_of(application)}?after={token.pk}"):
        with Statements() as statements:
            assert "1,000 tokens" in text_of(administrator_client.get(address))
        assert len([sql for sql in statements.sql if sql.startswith("SELECT")]) <= 10


def test_ended_tokens_say_who_ended_them_and_why(
    alice: User, administrator: User, administrator_client: Client, application: TrustedApplication
) -> None:
    revoked, expired = issued_pat(alice, application).token, issued_sat(application).token
    alter(revoked, revoked_at=timezone.now(), revoked_by=administrator, revocation_source="manage")
    alter(expired, issued_at=timezone.now() - timedelta(2), expires_at=timezone.now())
    words = text_of(administrator_client.get(f"{page_of(application)}?state=ended"))
    assert re.search(r"just now, exact time [^,]*, [\d:]+ UTC Revoked by Ada \(ada\)", words)
    assert re.search(r"just now, exact time [^,]*, [\d:]+ UTC Expired", words)
    assert "2 tokens" in words
