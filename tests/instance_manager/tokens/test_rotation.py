"""Rotating the tokens of an application, and ending any old value, by an administrator (TOK-10)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import UserFactory, issued_pat, issued_sat, rotated
from tests.introspection import is_active
from tests.pages import HTMX, errors_of, form_of, secret_of, signed_in, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def page_of(application: TrustedApplication) -> str:
    return f"/manage/security/trusted-apps/{application.pk}/"


def address(token: ReferenceToken, act: str) -> str:
    return f"/manage/security/tokens/{token.pk}/{act}/"


@pytest.fixture
def sat(application: TrustedApplication) -> ReferenceToken:
    return issued_sat(application, description="Import").token


def rotate(client: Client, token: ReferenceToken, *, headers: Any = None, **changes: Any) -> Any:
    sent = form_of(client.get(address(token, "rotate"))) | changes
    return client.post(address(token, "rotate"), sent, headers=headers or {})


def test_tok10_an_administrator_rotates_a_sat_which_acts_as_the_system_user_as_before(
    administrator: User, administrator_client: Client, application: TrustedApplication, server: Any
) -> None:
    issued = issued_sat(application, description="Import")
    response = rotate(administrator_client, issued.token)
    new = ReferenceToken.objects.get(replaces=issued.token)
    assert (new.kind, new.holder, new.issuer, new.description) == ("SAT", None, administrator, "Import")
    assert "Token rotated" in text_of(response)
    assert all(is_active(Client(), server, value) for value in (secret_of(response), issued.plaintext))
    assert f'href="{page_of(application)}"' in response.content.decode()


def test_htmx_gets_the_value_and_the_list_behind_the_dialog(administrator_client: Client, sat: ReferenceToken) -> None:
    content = rotate(administrator_client, sat, headers=HTMX).content.decode()
    assert '<section id="tokens" class="list" hx-swap-oob="true" aria-label="Application access tokens"' in content
    assert "<html" not in content


def test_another_overlap_is_refused(administrator_client: Client, sat: ReferenceToken) -> None:
    response = rotate(administrator_client, sat, overlap=["1"])
    assert (response.status_code, errors_of(response)) == (
        422,
        ["Choose one of the times that the old value may live on."],
    )


def test_tok3_the_same_form_sent_twice_rotates_once(administrator_client: Client, sat: ReferenceToken) -> None:
    sent = form_of(administrator_client.get(address(sat, "rotate")))
    administrator_client.post(address(sat, "rotate"), sent)
    asked = administrator_client.post(address(sat, "rotate"), sent)
    assert "Token already created" in text_of(asked)
    assert secret_of(administrator_client.post(address(sat, "rotate"), form_of(asked)))
    assert ReferenceToken.objects.filter(revoked_at=None).count() == 2


def test_pol4_without_a_system_user_the_question_says_why_not(
    administrator_client: Client, sat: ReferenceToken
) -> None:
    TrustedApplication.objects.update(system_user=None)
    words = text_of(administrator_client.get(address(sat, "rotate")))
    assert "It has no System User for service access tokens to act as." in words


def test_pol2_a_pat_is_rotated_by_its_holder_alone(
    alice: User, administrator_client: Client, application: TrustedApplication, sat: ReferenceToken
) -> None:
    pat = issued_pat(alice, application).token
    assert administrator_client.get(address(pat, "rotate")).status_code == 404
    assert administrator_client.post(address(pat, "rotate"), {"overlap": "0"}).status_code == 404
    content = administrator_client.get(page_of(application)).content.decode()
    assert [f'href="{address(token, "rotate")}"' in content for token in (pat, sat)] == [False, True]


@pytest.mark.parametrize("act", ["rotate", "end"])
def test_t10_a_person_who_is_no_administrator_changes_nothing(sat: ReferenceToken, act: str) -> None:
    rotated(sat)
    client = signed_in(UserFactory.create())
    assert client.post(address(sat, act), {"overlap": "0"}).status_code == 403
    assert ReferenceToken.objects.filter(revoked_at=None).count() == 2


@pytest.mark.parametrize("kind", ["PAT", "SAT"])
def test_tok10_an_administrator_ends_the_old_value_of_any_token(
    alice: User, administrator_client: Client, application: TrustedApplication, kind: str
) -> None:
    old = (issued_pat(alice, application) if kind == "PAT" else issued_sat(application)).token
    new = rotated(old).token
    words = text_of(administrator_client.get(address(old, "end"), headers=HTMX))
    assert f"{new.hint} stays as it is." in words
    shown = administrator_client.post(address(old, "end"), form_of(administrator_client.get(address(old, "end"))))
    assert shown.headers["Location"] == page_of(application)
    assert f"{old.hint}, has ended." in text_of(administrator_client.get(page_of(application)))
    old.refresh_from_db()
    assert (old.revocation_source, old.why_revoked.in_words()) == ("manage", f"Replaced by {new.hint}")


def test_tok15_the_owner_is_mailed_when_an_administrator_ends_an_old_value(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    old = issued_pat(alice, application).token
    rotated(old)
    administrator_client.post(address(old, "end"), headers=HTMX)
    assert [(notice.kind, notice.recipient) for notice in old.notices.all()] == [("revocation", alice)]
