"""A rotation whose value was not seen, sent twice or after a confirmation (TOK-3)."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import PASSWORD, issued_pat, rotated
from tests.pages import (
    CONFIRM_URL,
    TOKEN,
    form_of,
    give_password,
    next_of,
    secret_of,
    signed_in,
    text_of,
)
from tests.profile_site.rotation_form import filled_in, rotate, rotate_of, successor_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application, description="Laptop", scopes=["read", "update"]).token


def test_tok3_the_same_form_sent_twice_rotates_once_and_asks(alice_client: Client, token: ReferenceToken) -> None:
    sent = filled_in(alice_client, token)
    alice_client.post(rotate_of(token), sent)
    response = alice_client.post(rotate_of(token), sent)
    new = successor_of(token)
    assert f"This form already issued {new.hint}. Did you not see it?" in text_of(response)
    assert not TOKEN.search(response.content.decode())
    assert ReferenceToken.objects.count() == 2


def test_tok3_what_was_not_seen_is_replaced_by_another_and_the_old_value_stays_as_it_was(
    alice_client: Client, token: ReferenceToken
) -> None:
    sent = filled_in(alice_client, token)
    alice_client.post(rotate_of(token), sent)
    end = ReferenceToken.objects.get(pk=token.pk).expires_at
    asked = alice_client.post(rotate_of(token), sent)
    again = [alice_client.post(rotate_of(token), form_of(asked)) for _time in range(2)]
    not_seen = successor_of(token)
    newest = successor_of(not_seen)
    assert secret_of(again[0]).startswith(newest.hint[:9])
    assert f"This form already issued {newest.hint}" in text_of(again[1])
    assert not_seen.state(timezone.now()) == "revoked"
    assert ReferenceToken.objects.get(pk=token.pk).expires_at == end
    assert secret_of(alice_client.post(rotate_of(token), form_of(again[1])))
    assert ReferenceToken.objects.filter(family=token.pk, revoked_at=None).count() == 2


def test_tok3_to_have_not_seen_what_was_never_issued_changes_nothing(
    alice_client: Client, token: ReferenceToken
) -> None:
    rotated(token)
    made_up = {"replaces": ["x"], "request_key": [str(uuid.uuid4())], "overlap": ["0"]}
    assert alice_client.post(rotate_of(token), made_up).status_code == 422
    assert ReferenceToken.objects.filter(revoked_at=None).count() == 2


def test_tok3_what_was_not_seen_is_replaced_after_a_confirmation_too(alice: User, token: ReferenceToken) -> None:
    fresh = signed_in(give_password(alice))
    sent = filled_in(fresh, token, overlap=["3600"])
    fresh.post(rotate_of(token), sent)
    again = form_of(fresh.post(rotate_of(token), sent))
    late = signed_in(alice, confirmed=False)
    asked = late.post(rotate_of(token), again)
    late.post(CONFIRM_URL, {"password": PASSWORD, "next": next_of(asked)})
    not_seen = successor_of(token)
    question = late.get(next_of(asked))
    assert f"This form has already issued {not_seen.hint}. That value is revoked" in text_of(question)
    assert form_of(question)["overlap"] == ["3600"]
    assert secret_of(late.post(rotate_of(token), form_of(question)))
    not_seen.refresh_from_db()
    assert not_seen.state(timezone.now()) == "revoked"
    assert successor_of(not_seen)


def test_t46_a_link_cannot_make_a_rotation_end_a_value_at_once(alice_client: Client, token: ReferenceToken) -> None:
    alice_client.post(rotate_of(token), filled_in(alice_client, token))
    new = successor_of(token)
    link = f"{rotate_of(token)}?overlap=0&request_key={new.request_key}&replaces={new.pk}"
    assert "This token cannot be rotated" in text_of(alice_client.get(link))


def test_a_key_that_is_none_comes_back_from_the_confirmation_without_harm(alice: User, token: ReferenceToken) -> None:
    made_up = {"replaces": ["x"], "request_key": ["x"], "overlap": ["0"]}
    asked = signed_in(give_password(alice), confirmed=False).post(rotate_of(token), made_up)
    assert "Rotate “Laptop”" in text_of(signed_in(alice).get(next_of(asked)))
    assert ReferenceToken.objects.count() == 1


def test_a_form_without_its_key_rotates_too(alice_client: Client, token: ReferenceToken) -> None:
    response = rotate(alice_client, token, request_key=[""], replaces=["x"])
    assert secret_of(response)
