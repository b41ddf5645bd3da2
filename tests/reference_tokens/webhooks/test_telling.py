"""A webhook is told what happens to tokens, in signed messages that hold no value (contract 4.9)."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.audit.record import OPERATOR, Actor, Source
from accounts.models import User
from accounts.text.reasons import Reason
from reference_tokens.audit import ACTIONS
from reference_tokens.leaks.reports import report_leak
from reference_tokens.lifecycle.reason_codes import ReasonCode
from reference_tokens.lifecycle.revocation import revoke_token, revoke_tokens
from reference_tokens.lifecycle.suspension import (
    resume_chosen,
    resume_token,
    resume_tokens,
    suspend_tokens,
    suspend_with_old_values,
)
from reference_tokens.models import LeakReport, ReferenceToken, Webhook, WebhookDelivery
from reference_tokens.usage.recorder import recorder
from reference_tokens.webhooks import noting
from reference_tokens.webhooks.events import OF_MANY, OF_ONE
from reference_tokens.webhooks.registration import create_webhook, update_webhook
from reference_tokens.webhooks.sending import send_messages
from tests.factories import ApplicationFactory, delivery_made, issued_pat, issued_sat, rotated
from tests.receiver import Receiver
from tests.reference_tokens.webhooks.messages import is_signed, told, types_told
from trusted_apps.models import TrustedApplication
from trusted_apps.registration import update_application

pytestmark = pytest.mark.django_db

# Of the actions about tokens, those that change none: nobody waits for them.
TOLD_OF_NONE = {"token:check", "token:export", "token:rename", "token:shorten_many"}


def test_an_issue_is_told_in_a_message_that_is_signed(
    webhook: Webhook, secret: list[str], receiver: Receiver, alice: User, application: TrustedApplication
) -> None:
    before = int(timezone.now().timestamp())
    token = issued_pat(alice, application, description="Nightly").token

    assert send_messages() == 1

    (request,) = receiver.requests
    assert request.path == "/hook?of=tokens"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == receiver.url.split("/")[2]
    assert before <= int(request.headers["webhook-timestamp"]) <= before + 20
    assert is_signed(request, secret[0])
    (message,) = told(receiver)
    assert list(message) == ["type", "timestamp", "data"]
    assert message["type"] == "token.issued"
    assert datetime.fromisoformat(message["timestamp"]) == token.issued_at
    assert message["timestamp"].endswith("Z")
    assert message["data"] == {
        "id": str(token.pk),
        "kind": "PAT",
        "hint": token.hint,
        "application": "com.example/excel",
        "holder": {"id": str(alice.pk), "username": "alice"},
        "issued_at": message["timestamp"],
        "expires_at": token.expires_at.astimezone(UTC).isoformat().replace("+00:00", "Z") if token.expires_at else None,
        "replaces": None,
        "actor": {"type": "operator", "id": ""},
        "seq": message["data"]["seq"],
    }


def test_a_secret_is_256_random_bits_in_the_form_of_the_standard_and_stored_sealed(
    webhook: Webhook, secret: list[str]
) -> None:
    assert secret[0].startswith("whsec_")
    assert len(base64.b64decode(secret[0].removeprefix("whsec_"), validate=True)) == 32
    assert secret[0] not in webhook.secret


def test_the_holder_of_a_service_access_token_is_the_system_user(
    webhook: Webhook, receiver: Receiver, application: TrustedApplication
) -> None:
    issued_sat(application)
    send_messages()
    application.system_user = None
    application.save()
    issued_sat_of = ReferenceToken.objects.get()
    revoke_token(actor=OPERATOR, token_id=issued_sat_of.pk, now=timezone.now())
    send_messages()
    issued, revoked = told(receiver)
    assert issued["data"]["holder"]["username"].startswith("made")
    assert revoked["data"]["holder"] is None


def test_a_suspension_a_resumption_and_a_revocation_are_told_with_their_reason_codes(
    webhook: Webhook, receiver: Receiver, alice: User, application: TrustedApplication
) -> None:
    token, now = issued_pat(alice, application).token, timezone.now
    actor = Actor.person(alice, Source.MANAGE, address="192.0.2.1")
    suspend_with_old_values(actor=actor, token_id=token.pk, now=now(), reason="It looked odd")
    resume_token(actor=actor, token_id=token.pk, now=now())
    revoke_token(actor=OPERATOR, token_id=token.pk, now=now(), reason=Reason(code=ReasonCode.NOT_SEEN))

    assert send_messages() == 4

    assert types_told(receiver) == ["token.issued", "token.suspended", "token.resumed", "token.revoked"]
    assert told(receiver)[1]["data"]["actor"] == {"type": "user", "id": str(alice.pk)}
    assert [message["data"].get("reason_code") for message in told(receiver)] == [None, None, None, "not_seen"]
    # What somebody typed may be anything.
    assert b"odd" not in b"".join(request.body for request in receiver.requests)


def test_a_rotation_is_told_of_the_old_value_and_the_new_one(
    webhook: Webhook, receiver: Receiver, alice: User, application: TrustedApplication
) -> None:
    old = issued_pat(alice, application).token
    new = rotated(old).token
    send_messages()
    _issued, of_new, of_old = told(receiver)
    assert (of_new["type"], of_new["data"]["id"], of_new["data"]["replaces"]) == (
        "token.issued",
        str(new.pk),
        str(old.pk),
    )
    assert (of_old["type"], of_old["data"]["id"], of_old["data"]["replaced_by"]) == (
        "token.rotated",
        str(old.pk),
        str(new.pk),
    )


def test_a_rotation_without_an_overlap_is_told_as_a_revocation_too(
    webhook: Webhook, receiver: Receiver, alice: User, application: TrustedApplication
) -> None:
    old = issued_pat(alice, application).token
    rotated(old, timedelta(0))
    send_messages()
    assert types_told(receiver)[1:] == ["token.issued", "token.rotated", "token.revoked"]
    assert told(receiver)[3]["data"]["id"] == str(old.pk)


def test_the_first_use_of_a_token_is_told_once(
    webhook: Webhook, receiver: Receiver, alice: User, application: TrustedApplication
) -> None:
    token, at = issued_pat(alice, application).token, timezone.now()
    send_messages()
    for _time in range(2):
        recorder.note("active", at=at, token_id=token.pk, source=(None, "192.0.2.1"))
        recorder.flush()
    send_messages()
    assert types_told(receiver) == ["token.issued", "token.first_used"]
    assert told(receiver)[1]["data"]["id"] == str(token.pk)


@pytest.mark.parametrize("size", [1, 2, 500])
def test_an_act_on_many_is_told_of_each_token_once_however_many_are_read_at_once(
    webhook: Webhook,
    receiver: Receiver,
    alice: User,
    application: TrustedApplication,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
) -> None:
    monkeypatch.setattr(noting, "TOKENS_AT_ONCE", size)
    ids = {str(issued_pat(alice, application).token.pk) for _number in range(5)}
    send_messages()
    receiver.requests.clear()
    tokens, now = ReferenceToken.objects.all(), timezone.now()
    suspend_tokens(actor=OPERATOR, tokens=tokens, chosen_by={}, now=now)
    batch = ReferenceToken.objects.values_list("suspension_id", flat=True)[0]
    assert batch
    send_messages()
    resume_tokens(actor=OPERATOR, tokens=tokens, batch_id=batch, now=timezone.now())
    revoke_tokens(actor=OPERATOR, tokens=tokens, chosen_by={}, now=timezone.now())

    send_messages()

    for event in ("token.suspended", "token.resumed", "token.revoked"):
        of_type = [message["data"]["id"] for message in told(receiver) if message["type"] == event]
        assert (len(of_type), set(of_type)) == (5, ids)


def test_a_resumption_of_chosen_tokens_is_told_of_each_of_them_and_of_no_other(
    webhook: Webhook, receiver: Receiver, alice: User, application: TrustedApplication
) -> None:
    chosen, _other = (issued_pat(alice, application).token for _number in range(2))
    tokens = ReferenceToken.objects.all()
    suspend_tokens(actor=OPERATOR, tokens=tokens, chosen_by={}, now=timezone.now())
    resume_chosen(actor=OPERATOR, tokens=tokens.filter(pk=chosen.pk), chosen_by={}, now=timezone.now())
    send_messages()
    resumed = [message["data"]["id"] for message in told(receiver) if message["type"] == "token.resumed"]
    assert resumed == [str(chosen.pk)]


def test_an_act_stores_nothing_for_webhooks_in_its_own_transaction(
    webhook: Webhook, alice: User, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application).token
    revoke_token(actor=OPERATOR, token_id=token.pk, now=timezone.now())
    assert not WebhookDelivery.objects.exists()


def test_what_happened_before_is_not_told(receiver: Receiver, alice: User, application: TrustedApplication) -> None:
    issued_pat(alice, application)
    create_webhook(actor=OPERATOR, now=timezone.now(), url=receiver.url, types=["token.issued", "audit.entry"])
    send_messages()
    # Its own registration is the first thing that it is told.
    assert [message["data"]["action"] for message in told(receiver)] == ["webhook:create"]


def test_a_webhook_of_one_application_is_told_of_that_alone(
    webhook: Webhook, receiver: Receiver, alice: User, application: TrustedApplication
) -> None:
    types = [*webhook.types, "audit.entry"]
    update_webhook(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now(), application=application, types=types)
    other = ApplicationFactory.create()
    theirs, ours = issued_pat(alice, other).token, issued_pat(alice, application).token
    revoke_tokens(actor=OPERATOR, tokens=ReferenceToken.objects.all(), chosen_by={}, now=timezone.now())
    send_messages()
    bodies = b"".join(request.body for request in receiver.requests).decode()
    assert types_told(receiver) == ["audit.entry", "token.issued", "audit.entry", "token.revoked"]
    assert str(ours.pk) in bodies
    assert str(theirs.pk) not in bodies


def test_an_entry_of_the_audit_log_is_told_whole(webhook: Webhook, receiver: Receiver, alice: User) -> None:
    update_webhook(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now(), types=["audit.entry"])
    send_messages()
    (message,) = [message for message in told(receiver) if message["data"]["action"] == "webhook:update"]
    assert set(message["data"]) == {
        *("seq", "at", "action", "source", "actor", "target", "address", "request_id", "details")
    }
    assert message["data"]["target"] == {"type": "webhook", "id": str(webhook.pk)}


def test_every_act_on_tokens_is_told_but_those_that_change_none() -> None:
    about_tokens = {action for action in ACTIONS if action.startswith("token:")}
    assert about_tokens - TOLD_OF_NONE == (OF_ONE.keys() | OF_MANY.keys()) - {"leak:report"}


def test_a_receiver_whose_messages_pile_up_is_noted_nothing_more_until_some_are_tried(
    webhook: Webhook,
    receiver: Receiver,
    alice: User,
    application: TrustedApplication,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(noting, "MOST_UNTRIED", 2)
    monkeypatch.setattr(noting, "ENTRIES_AT_ONCE", 1)
    for _number in range(4):
        issued_pat(alice, application)
    noted = [noting.note_what_happened(timezone.now()) for _time in range(5)]
    assert noted == [0, 1, 1, 0, 0]
    assert send_messages() == 4
    assert types_told(receiver) == ["token.issued"] * 4


def test_a_leak_is_told_of_each_token_that_it_exposed(
    webhook: Webhook, receiver: Receiver, alice: User, application: TrustedApplication
) -> None:
    leaked, other = issued_pat(alice, application), issued_pat(alice, application)
    report_leak([leaked.plaintext], url="", origin=LeakReport.Origin.ANYBODY, actor=OPERATOR, now=timezone.now())
    send_messages()
    found = {(message["type"], message["data"]["id"]) for message in told(receiver)}
    assert found >= {("token.exposed", str(leaked.token.pk)), ("token.revoked", str(leaked.token.pk))}
    assert ("token.exposed", str(other.token.pk)) not in found


def test_a_change_of_its_application_is_told_and_what_was_not_chosen_is_not(
    webhook: Webhook, receiver: Receiver, alice: User, application: TrustedApplication
) -> None:
    update_webhook(
        actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now(), application=application, types=["audit.entry"]
    )
    other = ApplicationFactory.create()
    for changed in (application, other):
        update_application(actor=OPERATOR, application_id=changed.pk, now=timezone.now(), description="Changed")
    issued_pat(alice, other)
    revoke_tokens(actor=OPERATOR, tokens=ReferenceToken.objects.all(), chosen_by={}, now=timezone.now())
    send_messages()
    assert [message["data"]["action"] for message in told(receiver)] == ["application:update"]


def test_a_webhook_is_called_by_its_address_and_a_message_by_its_type_and_id(webhook: Webhook) -> None:
    delivery = delivery_made(webhook)
    assert str(webhook) == webhook.url
    assert str(delivery) == f"webhook.test {delivery.message_id}"
