"""TOK-15: owners are told of revocations, by one mail for each cause, noted in the cause's transaction."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR, Source
from accounts.models import User
from accounts.outbox.entries import entries_are_due
from reference_tokens.lifecycle.revocation import revoke_tokens
from reference_tokens.models import Notice, ReferenceToken
from tests.factories import issued_pat
from tests.reference_tokens.notices.noted import NOON, by, mails, revoke
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon"), pytest.mark.once]


def test_tok15_an_administrator_revokes_and_the_holder_is_told_who_when_and_why(pat: ReferenceToken, ada: User) -> None:
    revoke(pat, actor=by(ada), reason="Found in a log")
    (message,) = mails().values()
    assert message.to == ["alice@example.com"]
    assert message.subject == "“Nightly <b>export</b>” was revoked"
    for text in (
        "Ada (ada) revoked this access token on 31 Jan 2027, 13:00 Europe/Warsaw (31 Jan 2027, 12:00 UTC).",
        "Reason: Found in a log",
        "This cannot be undone.",
        f"Access token: {pat.hint}",
        "Trusted Application: Excel",
        "Expires: 2 Mar 2027, 13:00 Europe/Warsaw (2 Mar 2027, 12:00 UTC)",
        "Last used: Never",
        "http://localhost:8000/profile/security/tokens/",
        "You receive this mail because it is your token.",
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
    issued_pat(ada, application)
    revoke_tokens(actor=by(ada), tokens=ReferenceToken.objects.all(), chosen_by={"all": True}, now=timezone.now())
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
    assert "You receive this mail because you are an owner of Excel." in found["alice@example.com"].body
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


def test_tok15_each_revocation_is_a_mail_of_its_own(
    pat: ReferenceToken, alice: User, application: TrustedApplication
) -> None:
    for token in (pat, issued_pat(alice, application).token):
        revoke(token)
    for _time in range(2):
        issued_pat(alice, application)
        revoke_tokens(actor=OPERATOR, tokens=ReferenceToken.objects.all(), chosen_by={"all": True}, now=NOON)
    assert sorted(notice.tokens.count() for notice in Notice.objects.all()) == [1, 1, 1, 1]


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
