"""T3, T36: after a token was issued, used, rotated and revoked, its value stands nowhere."""

from __future__ import annotations

import base64
import logging
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from accounts.outbox.delivery import send_due_mails
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import ReferenceToken
from reference_tokens.usage.recorder import recorder
from tests.factories import issued_pat, issued_sat
from tests.introspection import introspect
from tests.pages import TOKEN, form_of, secret_of, signed_in
from tests.stored import everything_stored
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def forms_of(plaintext: str) -> list[bytes]:
    """The value as it might be written: whole, its digits in both cases, its bytes, in base64."""
    digits = plaintext[5:]
    random = bytes.fromhex(digits[:56])
    return [
        plaintext.encode(),
        digits[:56].encode(),
        digits[:56].lower().encode(),
        digits[4:-4].encode(),
        random,
        base64.b64encode(random)[:36],
        base64.b64encode(plaintext.encode())[:88],
    ]


@pytest.mark.parametrize("kind", ["PAT", "SAT"])
def test_t3_no_table_and_no_log_line_holds_the_value_of_a_token(
    client: Client,
    server: Any,
    alice: User,
    application: TrustedApplication,
    caplog: pytest.LogCaptureFixture,
    kind: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    issued = issued_pat(alice, application) if kind == "PAT" else issued_sat(application)
    introspect(client, server, issued.plaintext)
    recorder.flush()
    revoke_token(actor=OPERATOR, token_id=issued.token.pk, now=timezone.now(), reason="Lost")
    introspect(client, server, issued.plaintext)

    stored, logged = everything_stored(), caplog.text.encode()
    assert bytes(issued.token.digest) in stored
    assert issued.token.hint.encode() in stored
    assert [form for form in forms_of(issued.plaintext) if form in stored or form in logged] == []


@pytest.mark.parametrize("overlap", ["0", "3600"])
@pytest.mark.parametrize("door", ["profile", "manage", "api"])
def test_t3_no_table_no_mail_and_no_log_line_holds_a_value_of_a_rotation(
    client: Client,
    server: Any,
    alice: User,
    alice_client: Client,
    administrator_client: Client,
    application: TrustedApplication,
    caplog: pytest.LogCaptureFixture,
    door: str,
    overlap: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    application.owners.add(alice)
    TrustedApplication.objects.update(allows_self_rotation=True)
    old = issued_sat(application) if door == "manage" else issued_pat(alice, application)
    if door == "api":
        body, form = f"overlap_seconds={overlap}", "application/x-www-form-urlencoded"
        response = client.generic("POST", "/api/token/rotate", body, form, headers={"x-api-key": old.plaintext})
        new = response.json()["token"]
    else:
        browser = alice_client if door == "profile" else administrator_client
        address = f"/{door}/security/tokens/{old.token.pk}/rotate/"
        fields = form_of(browser.get(address)) | {"overlap": [overlap]}
        new = secret_of(browser.post(address, fields))
        # Sent twice it shows no value; nor do the pages that ask and list.
        shown = [browser.post(address, fields), browser.get(address), browser.get(f"/{door}/")]
        assert not [page for page in shown if TOKEN.search(page.content.decode())]
    for value in (old.plaintext, new):
        introspect(client, server, value)
    recorder.flush()
    send_due_mails()

    mails = [one.message().as_bytes() for one in mail.outbox]
    kept = b"\n".join([everything_stored(), caplog.text.encode(), *mails])
    hints = ReferenceToken.objects.values_list("hint", flat=True)
    assert all(hint.encode() in kept for hint in hints)
    assert [form for value in (old.plaintext, new) for form in forms_of(value) if form in kept] == []


def test_t3_no_table_holds_the_secret_of_a_resource_server(server: Any) -> None:
    stored = everything_stored()
    assert server.client_id.encode() in stored
    assert server.plain_secret.encode() not in stored
    assert server.plain_secret.removeprefix("enrs_").encode() not in stored


@pytest.mark.parametrize("before", ["", "Mozilla/5.0 (", "x" * 150])
def test_t3_no_table_holds_a_token_that_a_browser_calls_itself(
    alice: User, application: TrustedApplication, before: str
) -> None:
    value = issued_pat(alice, application).plaintext
    browser = signed_in(alice, headers={"User-Agent": f"{before}{value}"})
    assert browser.get("/profile/devices/").status_code == 200
    assert value[:30].encode() not in everything_stored()


def test_tok2_no_table_holds_a_key_of_the_ring(alice: User, application: TrustedApplication, settings: Any) -> None:
    token = issued_pat(alice, application).token
    stored = everything_stored()
    assert token.hash_key_id.encode() in stored
    assert [key for key in settings.TOKEN_HASH_KEYS if key.encode() in stored] == []
