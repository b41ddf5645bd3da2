"""Creating a PAT after confirming who it is (PEO-3, T46)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import PASSWORD
from tests.pages import (
    CONFIRM_URL,
    HTMX,
    errors_of,
    form_of,
    give_password,
    next_of,
    signed_in,
)
from tests.profile_site.token_form import CREATE, filled_in
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_peo3_a_sign_in_counts_for_fifteen_minutes(alice: User, application: TrustedApplication) -> None:
    start = timezone.now().replace(microsecond=0)
    with time_machine.travel(start, tick=False):
        client = signed_in(alice)
    for seconds, status in ((0, 200), (15 * 60 - 1, 200), (15 * 60, 302), (16 * 60, 302)):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            assert client.get(CREATE).status_code == status


def test_peo3_a_sign_in_by_a_clock_that_was_put_back_since_is_confirmed_once(
    alice: User, application: TrustedApplication
) -> None:
    now = timezone.now()
    with time_machine.travel(now + timedelta(days=1), tick=False):
        client = signed_in(give_password(alice))
    with time_machine.travel(now, tick=False):
        asked = client.get(CREATE)
        assert asked.headers["Location"].startswith(f"{CONFIRM_URL}?next=")
        page = client.get(asked.headers["Location"])
        client.post(CONFIRM_URL, form_of(page) | {"password": PASSWORD})
        assert client.get(CREATE).status_code == 200


def test_t46_after_confirming_the_form_is_as_it_was_typed(alice: User, application: TrustedApplication) -> None:
    give_password(alice)
    fresh = signed_in(alice)
    sent = filled_in(fresh, application, description=["Łódź & <b>"], scopes=["read", "update"], expires=["7"])
    client = signed_in(alice, confirmed=False)
    asked = client.post(CREATE, sent | {"csrfmiddlewaretoken": ["x"]})
    assert asked.headers["Location"].startswith(f"{CONFIRM_URL}?next=")
    assert not {"csrfmiddlewaretoken", "request_key"} & set(
        next_of(asked).replace("?", "&").replace("=", "&").split("&")
    )
    page = client.get(asked.headers["Location"])
    answer = client.post(CONFIRM_URL, form_of(page) | {"password": PASSWORD})
    assert answer.headers["Location"] == next_of(asked)
    form = form_of(client.get(answer.headers["Location"]), CREATE)
    for name in ("description", "application", "scopes", "expires"):
        assert form[name] == sent[name]
    assert form["request_key"] != sent["request_key"]
    assert client.post(CREATE, form).status_code == 200


def test_t46_a_wrong_password_does_not_confirm(alice: User, application: TrustedApplication) -> None:
    give_password(alice)
    client = signed_in(alice, confirmed=False)
    response = client.post(CONFIRM_URL, {"password": "wrong", "next": CREATE})
    assert response.status_code == 200
    assert errors_of(response) == ["Incorrect password."]
    assert client.get(CREATE).status_code == 302


def test_t46_nothing_is_issued_before_it_is_confirmed(alice: User, application: TrustedApplication) -> None:
    sent = filled_in(signed_in(alice), application)
    client = signed_in(alice, confirmed=False)
    assert client.post(CREATE, sent, headers=HTMX).headers["HX-Redirect"].startswith(CONFIRM_URL)
    assert not ReferenceToken.objects.exists()


def test_t46_a_confirmation_of_somebody_else_in_this_session_does_not_count(alice: User, bob: User) -> None:
    client = signed_in(bob)
    session = client.session
    session["_auth_user_id"] = str(alice.pk)
    session["_auth_user_hash"] = alice.get_session_auth_hash()
    session.save()
    assert client.get(CREATE).headers["Location"].startswith(CONFIRM_URL)
