"""TOK-15: when a leak is reported, each owner and each administrator gets one mail, whatever the number of tokens."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.lifecycle.revocation import revoke_token
from tests.factories import UserFactory, issued_pat, issued_sat, made_applications
from tests.reference_tokens.leaks.reporting import PLACE, report
from tests.reference_tokens.notices.noted import mails
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_tok15_the_owner_and_the_administrators_are_mailed_where_a_token_was_seen(
    client: Client, ada: User, issued: IssuedToken
) -> None:
    report(client, issued.plaintext)
    found = mails()
    assert sorted(found) == ["ada@example.com", "alice@example.com"]
    for message in found.values():
        assert message.subject == "“Nightly export” was reported as leaked"
        assert f"Seen at: {PLACE}" in message.body
        assert issued.token.hint in message.body
        assert "It was revoked at once" in message.body


def test_tok15_the_owner_is_led_to_their_tokens_and_an_administrator_to_the_token(
    client: Client, ada: User, issued: IssuedToken
) -> None:
    report(client, issued.plaintext)
    found = mails()
    assert "http://localhost:8000/profile/security/tokens/\n" in found["alice@example.com"].body
    assert "because it is your token" in found["alice@example.com"].body
    to_ada = found["ada@example.com"].body
    assert f"http://localhost:8000/manage/security/tokens/{issued.token.pk}/\n" in to_ada
    assert "Owner: Alice (alice)" in to_ada
    assert "because you are an administrator" in to_ada


def test_tok15_of_many_tokens_one_mail_tells_each_of_their_own(
    client: Client, ada: User, alice: User, application: TrustedApplication
) -> None:
    bob = UserFactory.create(username="bob", email="bob@example.com")
    application.owners.add(bob)
    of_alice = [issued_pat(alice, application) for _number in range(2)]
    of_bob = [issued_pat(bob, application), issued_sat(application)]
    report(client, *(issued.plaintext for issued in (*of_alice, *of_bob)))
    found = mails()
    assert {to: message.subject for to, message in found.items()} == {
        "ada@example.com": "4 access tokens were reported as leaked",
        "alice@example.com": "2 access tokens were reported as leaked",
        "bob@example.com": "2 access tokens were reported as leaked",
    }
    hints = [issued.token.hint for issued in (*of_alice, *of_bob)]
    assert [hint in found["ada@example.com"].body for hint in hints] == [True] * 4
    assert [hint in found["alice@example.com"].body for hint in hints] == [True, True, False, False]
    assert [hint in found["bob@example.com"].body for hint in hints] == [False, False, True, True]
    assert "/manage/security/tokens/?state=exposed" in found["ada@example.com"].body
    assert "They were revoked at once" in found["bob@example.com"].body


def test_tok15_an_administrator_who_owns_one_gets_one_mail(client: Client, ada: User, issued: IssuedToken) -> None:
    own = issued_pat(ada, made_applications().get())
    report(client, own.plaintext, issued.plaintext)
    assert mails()["ada@example.com"].subject == "2 access tokens were reported as leaked"


def test_tok15_a_token_that_had_ended_is_told_of_too(client: Client, issued: IssuedToken) -> None:
    revoke_token(actor=OPERATOR, token_id=issued.token.pk, now=timezone.now())
    mails()
    report(client, issued.plaintext, url="")
    (message,) = mails().values()
    assert "unless it had ended before" in message.body
    assert "It does not say where." in message.body


def test_tok15_a_token_of_nobody_with_an_address_is_told_to_nobody(
    client: Client, application: TrustedApplication
) -> None:
    issued = issued_sat(application)
    assert report(client, issued.plaintext).status_code == 202
    assert mails() == {}


def test_t41_a_place_is_text_in_a_mail(client: Client, issued: IssuedToken) -> None:
    report(client, issued.plaintext, url="https://x.example/<script>alert(1)</script>")
    (message,) = mails().values()
    ((content, _kind),) = message.alternatives
    assert "&lt;script&gt;" in content
    assert "<script" not in content


def test_tok15_a_second_report_mails_nobody(client: Client, ada: User, issued: IssuedToken) -> None:
    for expected in (2, 0):
        report(client, issued.plaintext)
        assert len(mails()) == expected
