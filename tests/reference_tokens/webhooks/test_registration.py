"""Registering a webhook: which addresses are taken, and what the audit log keeps."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.audit.targets import registered_targets
from accounts.audit.words import event_rows
from accounts.models import AuditEvent
from reference_tokens.models import Webhook
from reference_tokens.webhooks import registration
from reference_tokens.webhooks.addresses import refusal_of
from reference_tokens.webhooks.registration import create_webhook, update_webhook
from tests.stored import everything_stored

pytestmark = pytest.mark.django_db

ADDRESS = "https://hooks.example.com/team/credential?key=other"


def create(url: str = ADDRESS, **values: Any) -> tuple[Webhook, str]:
    values = {"types": ["token.revoked", "token.issued"], **values}
    return create_webhook(actor=OPERATOR, now=timezone.now(), url=url, **values)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("example.com/hook", "Enter an address such as"),
        ("ftp://example.com/", "Enter an address such as"),
        ("https:///hook", "Enter an address such as"),
        ("https://exämple.com/", "Enter an address such as"),
        ("https://example.com/a b", "Enter an address such as"),
        ("https://example.com:99999/", "Enter an address such as"),
        ("https://example.com:0/", "Enter an address such as"),
        ("https://[::1/", "Enter an address such as"),
        ("https://user:password@example.com/", "without a user"),
        ("https://@example.com/", "without a user"),
        ("https://example.com/#part", "without a user"),
        ("https://127.0.0.1/", "private address"),
        ("https://[::1]:8443/", "private address"),
        ("https://169.254.169.254/latest/", "private address"),
        ("https://localhost/", "private address"),
        ("https://receiver.LOCALHOST./", "private address"),
    ],
)
def test_an_address_to_which_nothing_can_or_may_go_is_refused(settings: Any, url: str, why: str) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    with pytest.raises(ValidationError, match=why):
        create(url)
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("url", [ADDRESS, "https://8.8.8.8/", "https://receiver/", "https://[2606:4700::1]:8443/x"])
def test_other_addresses_are_taken(settings: Any, url: str) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    assert refusal_of(url) == ""


@pytest.mark.parametrize(
    ("is_production", "allows_private", "is_taken"),
    [(True, False, False), (True, True, True), (False, False, True), (False, True, True)],
)
def test_in_production_messages_go_by_tls_unless_they_may_go_to_private_addresses(
    settings: Any, is_production: bool, allows_private: bool, is_taken: bool
) -> None:
    settings.IS_PRODUCTION, settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = is_production, allows_private
    assert (refusal_of("http://example.com/") == "") is is_taken


def test_private_addresses_are_taken_where_the_setting_allows_them(settings: Any) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    assert [refusal_of(url) for url in ("http://127.0.0.1:8/", "http://localhost/", "https://10.0.0.1/")] == [""] * 3


def test_a_webhook_is_told_of_at_least_one_event_in_their_order() -> None:
    with pytest.raises(ValidationError, match="Choose at least one event"):
        create(types=["token.unknown"])
    webhook, _secret = create()
    assert webhook.types == ["token.issued", "token.revoked"]


def test_there_are_so_many_webhooks_at_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "MOST_WEBHOOKS", 1)
    create()
    with pytest.raises(ValidationError, match="There are 1 webhooks, which is the limit"):
        create()


def test_the_audit_log_keeps_the_host_alone_since_the_rest_may_be_as_good_as_a_password() -> None:
    webhook, _secret = create(description="Chat")
    update_webhook(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now(), url=ADDRESS + "2", description="Log")
    update_webhook(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now(), description="Log")
    made, changed = AuditEvent.objects.order_by("seq")
    assert made.details["after"] == {
        "url": "https://hooks.example.com",
        "types": ["token.issued", "token.revoked"],
        "application": None,
        "description": "Chat",
    }
    assert changed.details["after"] == {"url": "https://hooks.example.com", "description": "Log"}
    assert [row.what for row in event_rows([made, changed])] == ["Webhook added", "Webhook changed"]
    assert event_rows([made])[0].detail == "https://hooks.example.com"
    found = registered_targets()["webhook"].find([str(webhook.pk)])
    assert found == {str(webhook.pk): ("https://hooks.example.com", f"/manage/security/webhooks/{webhook.pk}/")}


def test_t22_no_secret_is_stored_readably() -> None:
    _webhook, secret = create()
    assert secret.encode() not in everything_stored()
    assert secret.removeprefix("whsec_").encode() not in everything_stored()
