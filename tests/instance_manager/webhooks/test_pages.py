"""The pages of webhooks: adding one, its messages, its secret, and trying it."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import EventType, Webhook, WebhookDelivery
from reference_tokens.webhooks import registration
from reference_tokens.webhooks.noting import note_what_happened
from reference_tokens.webhooks.registration import set_paused
from reference_tokens.webhooks.sending import send_messages
from tests.factories import UserFactory, delivery_made, issued_pat, webhook_made
from tests.pages import form_of, text_of
from tests.receiver import receiver
from tests.reference_tokens.webhooks.messages import is_signed
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

LIST = "/manage/security/webhooks/"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")


def page_of(webhook: Webhook) -> str:
    return f"{LIST}{webhook.pk}/"


def test_an_administrator_adds_a_webhook_and_its_receiver_verifies_what_it_is_told(
    administrator_client: Client, application: TrustedApplication, settings: Any
) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    with receiver() as running:
        form = form_of(administrator_client.get(f"{LIST}new/"), f"{LIST}new/")
        shown = administrator_client.post(
            f"{LIST}new/", form | {"url": running.url, "application": str(application.pk)}
        )
        (secret,) = SECRET.findall(text_of(shown))
        webhook = Webhook.objects.get()
        assert "Send a message to http://127.0.0.1" in text_of(administrator_client.get(f"{page_of(webhook)}test/"))
        answer = administrator_client.post(f"{page_of(webhook)}test/")
        send_messages()
    assert shown.headers["Cache-Control"] == "no-store"
    assert webhook.application == application
    assert set(EventType.values) - set(webhook.types) == {"audit.entry"}
    assert answer.headers["Location"] == page_of(webhook)
    assert is_signed(running.requests[0], secret)
    page = text_of(administrator_client.get(page_of(webhook)))
    assert "A test is on its way." in page
    assert "webhook.test Delivered answered 204 1" in page
    actions = list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))
    assert actions[-2:] == ["webhook:create", "webhook:test"]


def test_t22_the_secret_is_shown_once(administrator_client: Client) -> None:
    webhook, secret = webhook_made()
    pages = [LIST, page_of(webhook), f"{page_of(webhook)}edit/", f"{page_of(webhook)}secret/"]
    assert not [page for page in pages if secret in administrator_client.get(page).content.decode()]


def test_an_address_that_is_refused_is_told_at_its_field(administrator_client: Client, settings: Any) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    answer = administrator_client.post(f"{LIST}new/", {"url": "https://10.0.0.1/", "types": ["token.issued"]})
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"url"}
    assert "private address" in text_of(answer)
    answer = administrator_client.post(f"{LIST}new/", {"url": "", "types": ["token.issued"]})
    assert answer.context["form"].errors == {"url": ["Enter the address."]}
    assert not Webhook.objects.exists()


def test_the_list_says_where_messages_go_and_what_became_of_the_last(
    administrator_client: Client, application: TrustedApplication
) -> None:
    assert "No webhooks yet" in text_of(administrator_client.get(LIST))
    webhook_made("https://other.example.com/", application=application)
    delivery_made(webhook_made("https://hooks.example.com/tokens", description="Chat")[0])
    page = text_of(administrator_client.get(LIST))
    assert "2 webhooks" in page
    assert "https://other.example.com https://other.example.com/ Excel Active None yet" in page
    assert "Chat https://hooks.example.com/tokens All applications Active Waiting" in page


def test_no_more_can_be_added_than_there_can_be(administrator_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("instance_manager.webhooks.listing.MOST_WEBHOOKS", 1)
    monkeypatch.setattr(registration, "MOST_WEBHOOKS", 1)
    webhook_made()
    assert "There are as many webhooks as there can be" in text_of(administrator_client.get(LIST))
    answer = administrator_client.post(f"{LIST}new/", {"url": "https://b.example.com/", "types": ["token.issued"]})
    assert (answer.status_code, Webhook.objects.count()) == (422, 1)


def test_a_webhook_is_edited(administrator_client: Client) -> None:
    webhook, _secret = webhook_made(description="Chat")
    address = f"{page_of(webhook)}edit/"
    form = form_of(administrator_client.get(address), address)
    answer = administrator_client.post(address, form | {"url": "https://new.example.com/", "types": ["audit.entry"]})
    webhook.refresh_from_db()
    assert (answer.status_code, answer.headers["Location"]) == (302, page_of(webhook))
    assert (webhook.url, webhook.types, webhook.description) == ("https://new.example.com/", ["audit.entry"], "Chat")


def test_a_webhook_is_paused_resumed_and_deleted(administrator_client: Client) -> None:
    webhook, _secret = webhook_made()
    address = page_of(webhook)
    assert "Pause messages to https://hooks.example.com?" in text_of(administrator_client.get(f"{address}pause/"))
    paused = administrator_client.post(f"{address}pause/", follow=True)
    assert "This webhook is paused" in text_of(paused)
    assert "Resume messages to" in text_of(administrator_client.get(f"{address}resume/"))
    resumed = administrator_client.post(f"{address}resume/", follow=True)
    assert "The webhook is active." in text_of(resumed)
    assert "Delete the webhook to" in text_of(administrator_client.get(f"{address}delete/"))
    deleted = administrator_client.post(f"{address}delete/", follow=True)
    assert "The webhook was deleted." in text_of(deleted)
    assert administrator_client.get(address).status_code == 404


def test_what_cannot_be_sent_now_says_so(administrator_client: Client) -> None:
    delivery = delivery_made()
    webhook = delivery.webhook
    set_paused(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now(), is_paused=True)
    message = f"{page_of(webhook)}deliveries/{delivery.message_id}/"
    for page in (page_of(webhook), message):
        assert "Nothing is sent while it is not active: resume it first." in text_of(administrator_client.get(page))
    for act in (f"{page_of(webhook)}test/", f"{message}repeat/"):
        assert "The webhook is not active: resume it first." in text_of(administrator_client.post(act, follow=True))


def test_a_webhook_that_its_receiver_ended_says_so(administrator_client: Client) -> None:
    webhook, _secret = webhook_made()
    Webhook.objects.update(state=Webhook.State.ENDED)
    assert "Its receiver ended this webhook" in text_of(administrator_client.get(page_of(webhook)))


def test_a_secret_is_replaced_and_the_former_one_ended(administrator_client: Client) -> None:
    webhook, first = webhook_made()
    assert "two signatures" in text_of(administrator_client.get(f"{page_of(webhook)}secret/"))
    shown = administrator_client.post(f"{page_of(webhook)}secret/")
    (second,) = SECRET.findall(text_of(shown))
    assert first != second
    assert "It signs beside the new one; that ends" in text_of(administrator_client.get(page_of(webhook)))
    assert "End the former secret?" in text_of(administrator_client.get(f"{page_of(webhook)}secret/end/"))
    texts = [text_of(administrator_client.post(f"{page_of(webhook)}secret/end/", follow=True)) for _time in range(2)]
    assert "The former secret was ended." in texts[0]
    assert "The former secret had ended already." in texts[1]
    assert "It signs beside the new one" not in texts[1]


def test_a_message_is_shown_and_sent_again(administrator_client: Client) -> None:
    delivery = delivery_made()
    address = f"{page_of(delivery.webhook)}deliveries/{delivery.message_id}/"
    page = text_of(administrator_client.get(address))
    assert '"type": "webhook.test"' in page
    assert str(delivery.message_id) in page
    WebhookDelivery.objects.update(state="failed", last_fault="timeout", next_at=None, done_at=timezone.now())
    assert "Failed Last answer No answer in time" in text_of(administrator_client.get(address))
    assert "Send a message to https://hooks.example.com?" in text_of(administrator_client.get(f"{address}repeat/"))
    answer = administrator_client.post(f"{address}repeat/", follow=True)
    assert "The message is on its way again." in text_of(answer)
    assert WebhookDelivery.objects.get().state == "waiting"


def test_messages_of_one_kind_are_told_apart_and_read_as_they_were_typed(
    administrator_client: Client, application: TrustedApplication
) -> None:
    webhook, _secret = webhook_made(types=["token.revoked", "audit.entry"])
    token = issued_pat(UserFactory.create(username="alice"), application).token
    revoke_token(actor=OPERATOR, token_id=token.pk, now=timezone.now(), reason="Изгубен")
    note_what_happened(timezone.now())
    page = administrator_client.get(page_of(webhook))
    assert f"token.revoked {token.hint} · com.example/excel Waiting" in text_of(page)
    assert "audit.entry token:revoke Waiting" in text_of(page)
    bodies = [text_of(administrator_client.get(row["url"])) for row in page.context["deliveries"][:2]]
    assert [f'"hint": "{token.hint}"' in body or "Изгубен" in body for body in bodies] == [True, True]


def test_a_message_of_another_webhook_is_none_of_this_one(administrator_client: Client) -> None:
    delivery, (other, _secret) = delivery_made(), webhook_made()
    for pk in (other.pk, uuid.uuid4()):
        assert administrator_client.get(f"{LIST}{pk}/deliveries/{delivery.message_id}/").status_code == 404


def test_messages_are_narrowed_to_a_state_and_turned_by_the_page(
    administrator_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("instance_manager.webhooks.detail.PAGE_SIZE", 2)
    webhook, _secret = webhook_made()
    made = [delivery_made(webhook) for _number in range(3)]
    WebhookDelivery.objects.filter(pk=made[0].pk).update(state="failed")
    first = administrator_client.get(page_of(webhook))
    assert "3 messages" in text_of(first)
    second = administrator_client.get(page_of(webhook) + first.context["page"]["older_url"])
    assert [row["id"] for row in second.context["deliveries"]] == [made[0].pk]
    assert second.context["page"]["newer_url"] == "?"
    failed = administrator_client.get(f"{page_of(webhook)}?state=failed")
    assert [row["id"] for row in failed.context["deliveries"]] == [made[0].pk]
    assert "No message is in this state" in text_of(administrator_client.get(f"{page_of(webhook)}?state=delivered"))
    for odd in ("?after=x", "?after=99999999999999999999999", "?state=odd"):
        assert len(administrator_client.get(page_of(webhook) + odd).context["deliveries"]) == 2


def test_a_form_shows_its_application_again(administrator_client: Client, application: TrustedApplication) -> None:
    webhook, _secret = webhook_made(application=application)
    assert "Excel" in text_of(administrator_client.get(f"{page_of(webhook)}edit/"))
    assert (
        f'href="/manage/security/trusted-apps/{application.pk}/"'
        in administrator_client.get(page_of(webhook)).content.decode()
    )
