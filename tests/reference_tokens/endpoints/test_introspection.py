"""Contract 4.1, to the letter: what `POST /oauth/introspect` (RFC 7662) answers about a token."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from reference_tokens.token_values import token_format
from tests.factories import ResourceServerFactory, UserFactory, alter, issued_pat, issued_sat
from tests.introspection import INACTIVE, UNKNOWN, ask, credentials, introspect
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


ISSUED = datetime(2027, 1, 31, 12, 0, 0, 750_000, tzinfo=UTC)
EXPIRES = datetime(2027, 3, 2, 12, tzinfo=UTC)
MINIMAL = {
    "active",
    "token_type",
    "scope",
    "client_id",
    "sub",
    "username",
    "iss",
    "iat",
    "nbf",
    "exp",
    "jti",
    "token_kind",
}
PROFILE = {"name", "email", "groups", "administrator"}


@pytest.fixture
def plaintext(alice: User, application: TrustedApplication) -> str:
    return issued_pat(alice, application).plaintext


def test_val5_the_answer_about_a_good_pat(
    client: Client, server: Any, alice: User, application: TrustedApplication, settings: Settings
) -> None:
    settings.BASE_URL = "https://tokens.example.com"
    with time_machine.travel(ISSUED, tick=False):
        issued = issued_pat(alice, application, scopes=["update", "read"], expires_at=EXPIRES)
        response = introspect(client, server, issued.plaintext)
    assert response.status_code == 200
    assert response.json() == {
        "active": True,
        "token_type": "Bearer",
        "scope": "read update",
        "client_id": "com.example/excel",
        "sub": str(alice.pk),
        "username": "alice",
        "iss": "https://tokens.example.com",
        "iat": 1801396800,
        "nbf": 1801396800,
        "exp": 1803988800,
        "jti": str(issued.token.pk),
        "token_kind": "PAT",
    }


def test_val5_the_answer_about_a_good_sat_names_the_system_user(
    client: Client, server: Any, application: TrustedApplication
) -> None:
    assert application.system_user
    answer = introspect(client, server, issued_sat(application).plaintext).json()
    assert answer["token_kind"] == "SAT"
    assert (answer["sub"], answer["username"]) == (str(application.system_user.pk), application.system_user.username)


def test_val5_times_are_whole_seconds(client: Client, server: Any, plaintext: str) -> None:
    answer = introspect(client, server, plaintext).json()
    assert [type(answer[name]) for name in ("iat", "nbf", "exp")] == [int, int, int]


def test_tok5_a_token_without_expiry_has_no_exp(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    TrustedApplication.objects.update(allows_tokens_without_expiry=True)
    answer = introspect(client, server, issued_pat(alice, application, expires_at=None).plaintext).json()
    assert set(answer) == MINIMAL - {"exp"}


def test_t21_a_server_learns_these_and_no_others(client: Client, server: Any, plaintext: str) -> None:
    assert set(introspect(client, server, plaintext).json()) == MINIMAL


def test_t21_with_share_profile_it_learns_the_profile_too(client: Client, application: TrustedApplication) -> None:
    server = ResourceServerFactory.create(shares_profile=True)
    person = UserFactory.create(name="Alice", email="alice@example.com", administrator=True)
    person.groups.set([Group.objects.create(name="staff"), Group.objects.create(name='a "b", ż')])
    answer = introspect(client, server, issued_pat(person, application).plaintext).json()
    assert set(answer) == MINIMAL | PROFILE
    assert {name: answer[name] for name in PROFILE} == {
        "name": "Alice",
        "email": "alice@example.com",
        "groups": ['a "b", ż', "staff"],
        "administrator": True,
    }


def test_t21_the_profile_of_a_system_user_is_its_own(
    client: Client, administrator: User, application: TrustedApplication
) -> None:
    server = ResourceServerFactory.create(shares_profile=True)
    administrator.groups.add(Group.objects.create(name="staff"))
    assert application.system_user
    application.system_user.groups.add(Group.objects.create(name="robots"))
    answer = introspect(client, server, issued_sat(application).plaintext).json()
    assert (answer["groups"], answer["administrator"], answer["email"]) == (["robots"], False, "")


def test_t21_who_is_in_no_group_has_an_empty_list(client: Client, plaintext: str) -> None:
    server = ResourceServerFactory.create(shares_profile=True)
    assert introspect(client, server, plaintext).json()["groups"] == []


@pytest.mark.parametrize("text", ["x", UNKNOWN, "enrt_\0", "Ż" * 69, "A" * 16_000])
def test_t20_what_is_no_token_is_inactive(client: Client, server: Any, text: str) -> None:
    response = introspect(client, server, text)
    assert (response.status_code, response.content) == (200, INACTIVE)


def test_t20_every_inactive_answer_has_the_same_bytes_and_headers(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    tokens = [issued_pat(alice, application) for _ in range(4)]
    now = timezone.now()
    alter(tokens[0].token, revoked_at=now)
    alter(tokens[1].token, suspended_at=now)
    alter(tokens[2].token, issued_at=datetime(2020, 1, 1, tzinfo=UTC), expires_at=now)
    alter(tokens[3].token, scopes="gone")
    texts = [*(issued.plaintext for issued in tokens), token_format.generate(), "malformed", "\0"]
    answers = [introspect(client, server, text) for text in texts]
    assert {answer.content for answer in answers} == {INACTIVE}
    assert len({tuple(answer.items()) for answer in answers}) == 1


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "urn:nonsense", ""])
def test_val5_token_type_hint_is_only_a_hint(client: Client, server: Any, plaintext: str, hint: str) -> None:
    response = ask(client, urlencode({"token": plaintext, "token_type_hint": hint}), credentials(server))
    assert response.json()["active"] is True


def test_val5_unknown_parameters_are_ignored(client: Client, server: Any, plaintext: str) -> None:
    body = urlencode([("resource", "a"), ("token", plaintext), ("resource", "b"), ("Token", "x"), ("active", "false")])
    assert ask(client, body, credentials(server)).json()["active"] is True


def test_val5_a_content_type_with_a_charset_in_capitals_is_a_form(client: Client, server: Any, plaintext: str) -> None:
    content_type = "Application/X-WWW-Form-URLEncoded; Charset=UTF-8"
    response = ask(client, urlencode({"token": plaintext}), credentials(server), content_type=content_type)
    assert response.json()["active"] is True
