"""Suspending and resuming any token, by an administrator, with a reason (TOK-9)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import alter, issued_pat, issued_sat
from tests.pages import HTMX, errors_of, form_of, signed_in, text_of
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application, description="Laptop").token


def suspend_of(token: ReferenceToken) -> str:
    return f"/manage/security/tokens/{token.pk}/suspend/"


def resume_of(token: ReferenceToken) -> str:
    return f"/manage/security/tokens/{token.pk}/resume/"


def state_of(token: ReferenceToken) -> str:
    return str(ReferenceToken.objects.get(pk=token.pk).state(timezone.now()))


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_get_asks_and_changes_nothing(administrator_client: Client, token: ReferenceToken, headers: Any) -> None:
    words = text_of(administrator_client.get(suspend_of(token), headers=headers))
    assert "Suspend “Laptop”?" in words
    assert "What uses it fails at once, until an administrator resumes it." in words
    assert "It has not been used since it was issued" in words
    assert "Reason" in words
    assert state_of(token) == "live"
    alter(token, suspended_at=timezone.now(), suspension_reason="Contract <b>")
    words = text_of(administrator_client.get(resume_of(token), headers=headers))
    assert "Resume “Laptop”?" in words
    assert "Reason of the suspension: Contract <b>" in words
    assert state_of(token) == "suspended"


@pytest.mark.parametrize("kind", ["PAT", "SAT"])
def test_an_administrator_suspends_any_token_with_a_reason_and_resumes_it(
    alice: User, administrator: User, administrator_client: Client, application: TrustedApplication, kind: str
) -> None:
    token = (issued_pat(alice, application) if kind == "PAT" else issued_sat(application)).token
    sent = form_of(administrator_client.get(suspend_of(token))) | {"reason": [" Contract ended "]}
    shown = administrator_client.post(suspend_of(token), sent, follow=True)
    assert f"{token.display_name} is suspended. What uses it fails until it is resumed." in text_of(shown)
    token.refresh_from_db()
    assert (token.suspended_by, token.suspension_source) == (administrator, "manage")
    assert token.suspension_reason == "Contract ended"
    sent = form_of(administrator_client.get(resume_of(token)))
    shown = administrator_client.post(resume_of(token), sent, follow=True)
    assert f"{token.display_name} is not suspended any more." in text_of(shown)
    assert state_of(token) == "live"


def test_htmx_gets_the_list_as_it_is_now_and_the_message(administrator_client: Client, token: ReferenceToken) -> None:
    response = administrator_client.post(suspend_of(token), {"reason": ""}, headers=HTMX)
    assert response.content.decode().strip().startswith('<section id="tokens" class="list" hx-swap-oob="true"')
    assert "Laptop is suspended." in text_of(response)
    assert "Laptop is not suspended any more." in text_of(administrator_client.post(resume_of(token), headers=HTMX))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"revoked_at": timezone.now}, "Laptop is revoked and stays as it is."),
        ({"expires_at": timezone.now}, "Laptop has expired and stays as it is."),
    ],
)
def test_what_has_ended_stays_so_and_the_page_says_it(
    administrator_client: Client, token: ReferenceToken, columns: dict[str, Any], said: str
) -> None:
    alter(token, **{name: value() for name, value in columns.items()})
    for address in (suspend_of(token), resume_of(token)):
        assert said in text_of(administrator_client.post(address, follow=True))


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_reason_that_cannot_be_kept_is_422_and_nothing_is_suspended(
    administrator_client: Client, token: ReferenceToken, headers: Any
) -> None:
    response = administrator_client.post(suspend_of(token), {"reason": "x" * 201}, headers=headers)
    assert response.status_code == 422
    assert len(errors_of(response)) == 1
    assert state_of(token) == "live"


def test_t10_a_person_who_is_no_administrator_changes_nothing(alice: User, token: ReferenceToken) -> None:
    client = signed_in(alice)
    assert client.post(suspend_of(token)).status_code == 403
    alter(token, suspended_at=timezone.now())
    assert client.post(resume_of(token)).status_code == 403
    assert state_of(token) == "suspended"


def test_t41_a_poisoned_name_stands_escaped_in_the_heading(administrator_client: Client, token: ReferenceToken) -> None:
    alter(token, description="<script>x</script>{name}%(name)s")
    for address in (suspend_of(token), resume_of(token)):
        content = administrator_client.get(address).content.decode()
        assert "<script>x" not in content
        assert "&lt;script&gt;x&lt;/script&gt;{name}%(name)s" in content
