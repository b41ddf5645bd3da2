"""POL-6, TOK-12: the page that changes an application first says which tokens that concerns, and offers what to do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import ReferenceToken
from tests.concurrency import is_waiting, threads, uncommitted
from tests.factories import UserFactory, issued_pat, issued_sat, made_applications
from tests.instance_manager.applications.forms import changed, edit_of, page_of
from tests.pages import form_of, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

TIMES = "\N{MULTIPLICATION SIGN}"


@pytest.fixture
def tokens(alice: User, application: TrustedApplication) -> None:
    TrustedApplication.objects.update(allows_tokens_without_expiry=True)
    application.refresh_from_db()
    issued_pat(alice, application)
    issued_pat(alice, application, scopes=["read", "update"], expires_at=timezone.now() + timedelta(days=7))
    issued_sat(application, scopes=["update"], expires_at=None)


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"scopes": ["update"]},
            [
                f"1 live token loses scopes at its next validation. 1 {TIMES} Personal access token, Alice (alice)",
                "1 live token has no scopes left and is not valid from its next validation on.",
            ],
        ),
        ({"scopes": []}, ["3 live tokens have no scopes left and are not valid from their next validation on."]),
        ({"max_lifetime_days": ["20"]}, ["1 live token has no expiry or lives longer than a new one may: 20 days."]),
        ({"is_enabled": []}, ["3 live tokens are not valid until the application is enabled again."]),
        (
            {"system_user": [""]},
            ["1 service access token is not valid until the application has a System User again."],
        ),
    ],
)
def test_pol6_it_says_what_a_change_does_to_how_many(
    administrator_client: Client, application: TrustedApplication, changes: dict[str, Any], said: list[str]
) -> None:
    before = made_applications().values().get()
    response = changed(administrator_client, application, **changes)
    words = text_of(response)
    assert response.status_code == 200
    for sentence in said:
        assert sentence in words
    assert made_applications().values().get() == before
    assert administrator_client.post(edit_of(application), form_of(response)).status_code == 302
    assert made_applications().values().get() != before
    assert ReferenceToken.objects.filter(revoked_at=None).count() == 3


@pytest.mark.usefixtures("tokens")
def test_tok12_it_says_how_many_sats_will_act_as_whom(
    administrator_client: Client, application: TrustedApplication
) -> None:
    other = UserFactory.create(username="svc-100", name="100 % stock", system=True)
    words = text_of(changed(administrator_client, application, system_user=[str(other.pk)]))
    assert "1 service access token acts as 100 % stock (svc-100) from its next validation on." in words
    assert f"1 {TIMES} Service access token, the application itself" in words


@pytest.mark.usefixtures("tokens")
def test_pol6_longer_ones_are_shortened_in_the_same_step_if_that_is_ticked(
    administrator_client: Client, application: TrustedApplication
) -> None:
    changes = {"max_lifetime_days": ["20"], "allows_tokens_without_expiry": []}
    asked = changed(administrator_client, application, **changes)
    date = f"{timezone.now() + timedelta(days=20):%-d %b %Y}"
    assert f"they expire on {date} (UTC). This cannot be undone." in text_of(asked)
    answer = administrator_client.post(edit_of(application), form_of(asked) | {"shorten": ["1"]}, follow=True)
    assert "The changes to Excel were saved. 2 tokens were shortened." in text_of(answer)


@pytest.mark.usefixtures("tokens")
def test_pol6_those_left_with_no_scope_are_revoked_in_the_same_step_if_that_is_ticked(
    administrator_client: Client, application: TrustedApplication
) -> None:
    asked = changed(administrator_client, application, scopes=["read"])
    fields = form_of(asked) | {"revoke_without_scopes": ["1"]}
    answer = administrator_client.post(edit_of(application), fields, follow=True)
    assert "The changes to Excel were saved. 1 token was revoked." in text_of(answer)
    assert ReferenceToken.objects.exclude(revoked_at=None).get().scopes == ("update",)


@pytest.mark.usefixtures("tokens")
def test_pol6_what_changed_in_between_is_shown_again(
    administrator_client: Client, application: TrustedApplication, alice: User
) -> None:
    asked = changed(administrator_client, application, scopes=["read"])
    issued_pat(alice, application, scopes=["update"])
    again = administrator_client.post(edit_of(application), form_of(asked) | {"revoke_without_scopes": ["1"]})
    assert "2 live tokens have no scopes left" in text_of(again)
    assert form_of(again)["revoke_without_scopes"] == ["1"]
    assert not ReferenceToken.objects.exclude(revoked_at=None).exists()


@pytest.mark.usefixtures("tokens")
def test_many1_what_changed_in_between_is_said_to_have_changed(
    administrator_client: Client, application: TrustedApplication, alice: User
) -> None:
    asked = changed(administrator_client, application, scopes=["read"])
    words = "The affected tokens have changed. Check them again."
    assert words not in text_of(asked)
    issued_pat(alice, application, scopes=["update"])
    again = administrator_client.post(edit_of(application), form_of(asked))
    assert words in text_of(again)


@pytest.mark.usefixtures("tokens")
def test_many1_where_no_token_is_left_to_be_revoked_nothing_is_saved_and_that_is_said(
    administrator_client: Client, application: TrustedApplication
) -> None:
    asked = changed(administrator_client, application, access_tokens_policy=["None"])
    ReferenceToken.objects.update(revoked_at=timezone.now())
    response = administrator_client.post(edit_of(application), form_of(asked) | {"revoke_outside": ["1"]})
    assert "Not saved yet: this change no longer affects live tokens." in text_of(response)
    assert made_applications().get().access_tokens_policy == "AuthenticatedUsers"
    administrator_client.post(edit_of(application), form_of(response))
    assert made_applications().get().access_tokens_policy == "None"


@pytest.mark.usefixtures("tokens")
def test_pol6_each_line_leads_to_these_tokens(administrator_client: Client, application: TrustedApplication) -> None:
    page = changed(administrator_client, application, is_enabled=[]).content.decode()
    assert f'<a href="{page_of(application)}?kind=PAT&amp;owner=alice">2 {TIMES}' in page
    assert f'<a href="{page_of(application)}?kind=SAT">1 {TIMES}' in page


def test_pol6_many_owners_are_summed_up(administrator_client: Client, application: TrustedApplication) -> None:
    for _number in range(12):
        issued_pat(UserFactory.create(), application)
    words = text_of(changed(administrator_client, application, access_tokens_policy=["None"]))
    assert f"2 {TIMES} Access tokens, other owners" in words


@pytest.mark.django_db(transaction=True)
def test_pol6_a_revocation_that_is_not_committed_yet_is_waited_for_and_then_shown(
    administrator_client: Client, application: TrustedApplication, alice: User
) -> None:
    first, second = issued_pat(alice, application).token, issued_pat(alice, application).token
    asked = changed(administrator_client, application, access_tokens_policy=["None"])
    fields = form_of(asked) | {"revoke_outside": ["1"]}
    with threads() as start:
        with uncommitted(start, lambda: revoke_token(actor=OPERATOR, token_id=second.pk, now=timezone.now())):
            saving = start(lambda: administrator_client.post(edit_of(application), fields))
            assert is_waiting(saving)
        assert "1 live token could not be issued under this policy." in text_of(saving.result(20))
    first.refresh_from_db()
    assert first.revoked_at is None
