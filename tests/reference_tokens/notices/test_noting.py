"""TOK-15: owners are told what became of their tokens, by one mail for each cause, noted in the cause's transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR, Actor, Source
from accounts.models import User
from accounts.outbox.delivery import send_due_mails
from accounts.outbox.entries import entries_are_due
from reference_tokens.lifecycle.revocation import revoke_token, revoke_tokens
from reference_tokens.lifecycle.suspension import resume_token, suspend_token
from reference_tokens.models import Notice, ReferenceToken
from reference_tokens.notices.noting import note_rotation
from tests.factories import UserFactory, alter, issued_pat, issued_sat
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def alice(db: None) -> User:
    return UserFactory.create(username="alice", email="alice@example.com", time_zone="Europe/Warsaw")


@pytest.fixture
def bob(db: None) -> User:
    return UserFactory.create(username="bob", email="bob@example.com")


@pytest.fixture
def ada(administrator: User) -> User:
    administrator.email = "ada@example.com"
    administrator.save()
    return administrator


@pytest.fixture
def pat(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application, description="Nightly <b>export</b>").token


@pytest.fixture
def sat(alice: User, ada: User, application: TrustedApplication) -> ReferenceToken:
    """Of an application that alice and the administrator own."""
    application.owners.set([alice, ada])
    return issued_sat(application, description="Sync").token


def by(user: User, source: Source = Source.MANAGE) -> Actor:
    return Actor.person(user, source)


def revoke(token: ReferenceToken, **changes: Any) -> bool:
    return revoke_token(**{"actor": OPERATOR, "token_id": token.pk, "now": timezone.now(), **changes})


def suspend(token: ReferenceToken, **changes: Any) -> bool:
    return suspend_token(**{"actor": OPERATOR, "token_id": token.pk, "now": timezone.now(), **changes})


def mails() -> dict[str, Any]:
    """The mails that are sent now, by their one recipient."""
    mail.outbox.clear()
    send_due_mails()
    found = {message.to[0]: message for message in mail.outbox}
    assert len(found) == len(mail.outbox)
    return found


# --- A revocation ----------------------------------------------------------------------------------------------------


def test_tok15_an_administrator_revokes_and_the_holder_is_told_who_when_and_why(pat: ReferenceToken, ada: User) -> None:
    revoke(pat, actor=by(ada), reason="Found in a log")
    (message,) = mails().values()
    assert message.to == ["alice@example.com"]
    assert message.subject == "“Nightly <b>export</b>” was revoked"
    for text in (
        "Ada (ada) revoked this access token on 31 Jan 2027, 13:00 (Europe/Warsaw).",
        "Reason: Found in a log",
        "This cannot be undone.",
        f"Access token: {pat.hint}",
        "Trusted Application: Excel",
        "Expires: 2 Mar 2027, 13:00 (Europe/Warsaw)",
        "Last used: Never",
        "http://localhost:8000/profile/security/tokens/",
        "You get this mail because it is your token.",
    ):
        assert text in message.body


def test_tok15_the_operator_revokes_without_a_reason(pat: ReferenceToken) -> None:
    revoke(pat)
    body = mails()["alice@example.com"].body
    assert "The operator of this instance revoked this access token" in body
    assert "No reason was given." in body


@pytest.mark.parametrize("source", [Source.PROFILE, Source.API])
def test_tok15_what_an_owner_does_brings_no_mail(pat: ReferenceToken, alice: User, source: Source) -> None:
    revoke(pat, actor=by(alice, source))
    assert mails() == {}


def test_tok15_an_administrator_who_revokes_their_own_token_is_not_told(
    ada: User, application: TrustedApplication
) -> None:
    revoke(issued_pat(ada, application).token, actor=by(ada))
    assert mails() == {}


def test_tok15_owners_of_the_application_are_told_of_a_sat_but_for_whoever_did_it(
    sat: ReferenceToken, alice: User, ada: User
) -> None:
    revoke(sat, actor=by(ada))
    assert mails().keys() == {"alice@example.com"}


def test_tok15_an_owner_who_is_an_administrator_finds_a_link_to_the_application(sat: ReferenceToken) -> None:
    revoke(sat)
    found = mails()
    link = f"http://localhost:8000/manage/security/trusted-apps/{sat.application_id}/"
    assert link in found["ada@example.com"].body
    assert "/manage/" not in found["alice@example.com"].body
    assert "You get this mail because you are an owner of Excel." in found["alice@example.com"].body
    assert "Acts as: " + sat.application.system_user.display_name in found["alice@example.com"].body  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "column", [{"is_active": False}, {"email": ""}, {"deleted_at": NOON}], ids=["inactive", "no address", "deleted"]
)
@pytest.mark.parametrize("is_before", [True, False])
def test_tok15_nobody_is_mailed_whom_a_mail_must_not_reach(
    pat: ReferenceToken, alice: User, column: dict[str, Any], is_before: bool
) -> None:
    if is_before:
        User.objects.filter(pk=alice.pk).update(**column)
    revoke(pat)
    User.objects.filter(pk=alice.pk).update(**column)
    assert mails() == {}
    assert Notice.objects.count() == (0 if is_before else 1)
    assert not Notice.objects.waiting().exists()


def test_tok15_revoking_many_sends_one_mail_to_each_owner_that_lists_the_tokens(
    pat: ReferenceToken, sat: ReferenceToken, alice: User, bob: User, application: TrustedApplication
) -> None:
    others = [issued_pat(person, application).token for person in (alice, bob, bob)]
    revoke_tokens(
        actor=OPERATOR, tokens=ReferenceToken.objects.all(), chosen_by={"all": True}, now=NOON, reason="A leak"
    )
    found = mails()
    assert found.keys() == {"alice@example.com", "bob@example.com", "ada@example.com"}
    assert found["alice@example.com"].subject == "3 access tokens were revoked"
    assert found["bob@example.com"].subject == "2 access tokens were revoked"
    assert found["ada@example.com"].subject == "“Sync” was revoked"
    body = found["alice@example.com"].body
    assert "The operator of this instance revoked these access tokens on 31 Jan 2027, 13:00" in body
    assert "Reason: A leak" in body
    for token in (pat, sat, others[0]):
        assert f"  {token.hint}: {token.display_name}, Excel" in body
    assert others[1].hint not in body


def test_tok15_a_long_list_is_counted_to_its_end(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reference_tokens.notices.letters.LISTED", 2)
    for _ in range(5):
        issued_pat(alice, application)
    revoke_tokens(actor=OPERATOR, tokens=ReferenceToken.objects.all(), chosen_by={"all": True}, now=NOON)
    message = mails()["alice@example.com"]
    assert message.subject == "5 access tokens were revoked"
    assert "  Others: 3\n" in message.body


def test_tok15_a_revocation_that_is_rolled_back_was_never_noted(pat: ReferenceToken) -> None:
    with transaction.atomic():
        revoke(pat)
        assert Notice.objects.exists()
        transaction.set_rollback(True)
    assert not Notice.objects.exists()


def test_tok15_revoking_twice_sends_one_mail(pat: ReferenceToken) -> None:
    revoke(pat)
    revoke(pat)
    assert len(mails()) == 1
    assert mails() == {}


def test_tok15_revoking_in_the_instance_manager_mails_the_holder(
    pat: ReferenceToken, administrator_client: Client
) -> None:
    administrator_client.post(f"/manage/security/tokens/{pat.pk}/revoke/", {"reason": "Left the team"})
    assert "Reason: Left the team" in mails()["alice@example.com"].body


def test_tok15_whoever_sends_in_the_background_is_woken_after_the_commit(
    pat: ReferenceToken, django_capture_on_commit_callbacks: Any
) -> None:
    entries_are_due.clear()
    with django_capture_on_commit_callbacks(execute=True):
        revoke(pat)
        assert not entries_are_due.is_set()
    assert entries_are_due.is_set()


# --- A suspension ----------------------------------------------------------------------------------------------------


def test_tok15_a_suspension_says_why_and_whom_to_ask(pat: ReferenceToken, ada: User) -> None:
    suspend(pat, actor=by(ada), reason="Contract ended")
    message = mails()["alice@example.com"]
    assert message.subject == "“Nightly <b>export</b>” was suspended"
    assert "Ada (ada) suspended this access token on 31 Jan 2027, 13:00 (Europe/Warsaw)." in message.body
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
    assert "Last used: 30 Jan 2027, 13:00 (Europe/Warsaw)" in message.body


def test_tok15_a_sat_whose_application_has_lost_its_system_user_is_told_of_too(sat: ReferenceToken) -> None:
    TrustedApplication.objects.update(system_user=None)
    revoke(sat)
    assert "Acts as" not in mails()["alice@example.com"].body
