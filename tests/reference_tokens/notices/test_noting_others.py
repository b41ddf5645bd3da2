"""TOK-15: owners are told of suspensions and rotations, in words that stay what they are (T41)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.suspension import resume_token
from reference_tokens.models import Notice, ReferenceToken
from reference_tokens.notices.noting import note_rotation
from tests.factories import UserFactory, alter, issued_pat
from tests.reference_tokens.notices.noted import NOON, by, mails, revoke, suspend
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


# --- A suspension ----------------------------------------------------------------------------------------------------


def test_tok15_a_suspension_says_why_and_whom_to_ask(pat: ReferenceToken, ada: User) -> None:
    suspend(pat, actor=by(ada), reason="Contract ended")
    message = mails()["alice@example.com"]
    assert message.subject == "“Nightly <b>export</b>” was suspended"
    assert (
        "Ada (ada) suspended this access token on 31 Jan 2027, 13:00 Europe/Warsaw (31 Jan 2027, 12:00 UTC)."
        in message.body
    )
    assert "Reason: Contract ended" in message.body
    assert "until an administrator resumes it. You can ask Ada (ada)." in message.body


def test_tok15_each_suspension_is_told_once(pat: ReferenceToken, noon: Any) -> None:
    for _ in range(2):
        suspend(pat)
        assert len(mails()) == 1
        noon.shift(timedelta(hours=1))
        resume_token(actor=OPERATOR, token_id=pat.pk, now=timezone.now())
    assert mails() == {}


def test_tok15_a_suspension_that_was_taken_back_before_the_mail_is_not_told(pat: ReferenceToken) -> None:
    suspend(pat)
    resume_token(actor=OPERATOR, token_id=pat.pk, now=timezone.now())
    assert mails() == {}
    assert not Notice.objects.waiting().exists()


def test_tok15_the_administrators_to_ask_are_three_at_most_and_the_owners_first(
    sat: ReferenceToken, alice: User, bob: User
) -> None:
    for name in ("Zoe", "Yan", "Xin"):
        UserFactory.create(username=name.lower(), administrator=True)
    suspend(sat)
    assert "You can ask Ada (ada), Xin (xin), Yan (yan)." in mails()["alice@example.com"].body


# --- A token that rotated itself -------------------------------------------------------------------------------------


def test_tok15_a_self_rotation_leads_to_revoking_the_new_token(pat: ReferenceToken) -> None:
    note_rotation(pat, now=NOON)
    message = mails()["alice@example.com"]
    assert message.subject == "“Nightly <b>export</b>” rotated itself"
    assert f"Revoke token:\nhttp://localhost:8000/profile/security/tokens/{pat.pk}/revoke/" in message.body


def test_tok15_of_a_sat_that_rotated_itself_an_owner_without_rights_is_told_whom_to_ask(sat: ReferenceToken) -> None:
    note_rotation(sat, now=NOON)
    found = mails()
    assert f"http://localhost:8000/manage/security/tokens/{sat.pk}/revoke/" in found["ada@example.com"].body
    assert "Only an administrator can do that. You can ask Ada (ada)." in found["alice@example.com"].body
    assert "/revoke/" not in found["alice@example.com"].body


# --- The words -------------------------------------------------------------------------------------------------------


def test_t41_names_that_people_typed_are_text_in_a_mail(pat: ReferenceToken, application: TrustedApplication) -> None:
    TrustedApplication.objects.update(name="<img src=x onerror=alert(1)>")
    revoke(pat, reason="</table><script>alert(1)</script>")
    ((content, _kind),) = mails()["alice@example.com"].alternatives
    assert "&lt;img src=x onerror=alert(1)&gt;" in content
    assert "Nightly &lt;b&gt;export&lt;/b&gt;" in content
    assert not [tag for tag in ("<script", "<img", "<b>") if tag in content]


def test_tok15_a_long_name_is_cut_in_the_subject_alone(alice: User, application: TrustedApplication) -> None:
    token = issued_pat(alice, application, description="x" * 200).token
    revoke(token)
    message = mails()["alice@example.com"]
    assert message.subject == f"“{'x' * 59}…” was revoked"
    assert "x" * 200 in message.body


def test_tok7_a_token_without_a_description_is_named_by_its_application_and_hint(
    alice: User, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application).token
    alter(token, last_used_at=NOON - timedelta(days=1), expires_at=None)
    revoke(token)
    message = mails()["alice@example.com"]
    assert message.subject == f"“Excel {token.hint}” was revoked"
    assert "Expires: Never" in message.body
    assert "Last used: 30 Jan 2027, 13:00 Europe/Warsaw (30 Jan 2027, 12:00 UTC)" in message.body


def test_tok15_a_sat_whose_application_has_lost_its_system_user_is_told_of_too(sat: ReferenceToken) -> None:
    TrustedApplication.objects.update(system_user=None)
    revoke(sat)
    assert "Acts as" not in mails()["alice@example.com"].body
