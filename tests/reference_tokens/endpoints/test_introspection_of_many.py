"""Contract 4.1: many tokens asked about in one request."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from reference_tokens.models import HashKey, ReferenceToken, RefusalCount, ResourceServer
from reference_tokens.usage.recorder import recorder
from tests.factories import ApplicationFactory, ResourceServerFactory, alter, issued_pat, issued_sat
from tests.introspection import UNKNOWN, Statements, ask, credentials, introspect
from tests.reference_tokens.endpoints.introspecting import refused, unauthorised
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

BATCH = "/oauth/introspect/batch"


def introspect_many(client: Client, server: Any, tokens: list[str]) -> Any:
    return ask(client, urlencode({"token": tokens}, doseq=True), credentials(server), path=BATCH)


@pytest.mark.parametrize("shares_profile", [True, False])
def test_each_of_many_tokens_is_told_of_as_by_itself_in_the_order_of_the_request(
    client: Client, alice: User, application: TrustedApplication, shares_profile: bool
) -> None:
    alice.groups.add(Group.objects.create(name="staff"))
    server = ResourceServerFactory.create(shares_profile=shares_profile, asks_for_all_applications=False)
    server.applications.add(application)
    revoked, of_another = issued_pat(alice, application), issued_pat(alice, ApplicationFactory.create())
    alter(revoked.token, revoked_at=timezone.now())
    pat, sat = issued_pat(alice, application).plaintext, issued_sat(application).plaintext
    tokens = [sat, UNKNOWN, pat, revoked.plaintext, "no token", of_another.plaintext, pat, "\x00ä"]

    told = introspect_many(client, server, tokens)

    assert told.status_code == 200
    assert told["Cache-Control"] == "no-store"
    assert told.json() == [introspect(client, server, token).json() for token in tokens]
    assert [one["active"] for one in told.json()] == [True, False, True, False, False, False, True, False]


def test_t21_of_each_token_the_profile_is_that_of_whom_it_speaks_for(
    client: Client, administrator: User, bob: User, application: TrustedApplication
) -> None:
    server = ResourceServerFactory.create(shares_profile=True)
    assert application.system_user
    administrator.groups.set([Group.objects.create(name=name) for name in ("staff", "Ärzte")])
    application.system_user.groups.add(Group.objects.create(name="robots"))
    issued = [issued_pat(administrator, application), issued_sat(application), issued_pat(bob, application)]
    told = introspect_many(client, server, [one.plaintext for one in issued]).json()
    assert [(one["sub"], one["name"], one["groups"], one["administrator"]) for one in told] == [
        (str(administrator.pk), administrator.name, ["staff", "Ärzte"], True),
        (str(application.system_user.pk), application.system_user.name, ["robots"], False),
        (str(bob.pk), "Bob", [], False),
    ]


@pytest.mark.parametrize("number", [1, 100])
def test_any_number_of_tokens_is_two_selects_and_no_write(
    client: Client, server: Any, alice: User, application: TrustedApplication, number: int
) -> None:
    tokens = [issued_pat(alice, application).plaintext for _ in range(min(number, 3))]
    with Statements() as statements:
        answers = introspect_many(client, server, tokens + [UNKNOWN] * (number - len(tokens))).json()
    assert len(answers) == number
    assert statements.verbs == ["SELECT"] * 2


def test_what_is_no_token_is_asked_of_nobody(client: Client, server: Any) -> None:
    with Statements() as statements:
        assert introspect_many(client, server, ["a", "b"]).json() == [{"active": False}] * 2
    assert statements.about_tokens == []


def test_the_most_tokens_and_the_secret_fit_into_one_form(client: Client, server: Any) -> None:
    form = {"client_id": server.client_id, "client_secret": server.plain_secret, "token": [UNKNOWN] * 100}
    told = ask(client, urlencode(form, doseq=True), path=BATCH)
    assert told.json() == [{"active": False}] * 100


@pytest.mark.parametrize("tokens", [[], [""], [UNKNOWN, ""], [UNKNOWN] * 101, ["x"] * 111])
def test_no_token_an_empty_one_and_too_many_are_refused(client: Client, server: Any, tokens: list[str]) -> None:
    assert refused(introspect_many(client, server, tokens), 400, "invalid_request")


@pytest.mark.parametrize("body", ["token=a&token=b", "other=x"])
def test_a_caller_that_is_none_hears_that_first(client: Client, server: Any, body: str) -> None:
    assert unauthorised(ask(client, body, "Basic bm9ib2R5OndyaXRlcw==", path=BATCH))
    ResourceServer.objects.update(is_enabled=False)
    assert unauthorised(ask(client, body, credentials(server), path=BATCH))


def test_tok13_each_token_is_used_and_each_refusal_noted(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    good, revoked = issued_pat(alice, application), issued_pat(alice, application)
    alter(revoked.token, revoked_at=timezone.now())
    introspect_many(client, server, [good.plaintext, revoked.plaintext, good.plaintext])
    recorder.flush()
    used = ReferenceToken.objects.get(pk=good.token.pk)
    assert (used.use.accepted_on_day, used.first_used_at is None) == (2, False)
    assert used.use.last_used_server_id == server.pk
    refusal = RefusalCount.objects.get(token=revoked.token)
    assert (refusal.reason, refusal.server_id, refusal.door) == ("revoked", server.pk, "introspection")


def test_val4_nothing_is_told_of_any_where_one_may_be_stored_under_a_key_that_is_not_at_hand(
    client: Client, server: Any, alice: User, application: TrustedApplication, settings: Settings
) -> None:
    good = issued_pat(alice, application).plaintext
    HashKey.objects.create(id="elsewhere")
    assert refused(introspect_many(client, server, [good, UNKNOWN]), 503, "temporarily_unavailable")
    assert recorder.flush() == 0
    assert introspect_many(client, server, [good, "no token"]).json()[0]["active"]
