"""Webhooks by program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import AuditEvent
from reference_tokens.models import Webhook, WebhookDelivery
from reference_tokens.webhooks.registration import MOST_WEBHOOKS
from tests.factories import UserFactory, delivery_made, webhook_made
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

URL = "https://hooks.example.com/tokens"
NEW = {"url": URL, "types": ["token.revoked", "token.issued"]}


def actions_about(webhook_id: object) -> list[str]:
    events = AuditEvent.objects.filter(target_type="webhook", target_id=str(webhook_id), source="api").order_by("seq")
    assert {event.actor_type for event in events} == {"api_token"}
    return [event.action for event in events]


def pointers(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.content
    return [error.get("pointer") or error["parameter"] for error in answer.json()["errors"]]


def test_api1_a_webhook_is_added_and_its_secret_shown_once(
    administrators_program: Any, application: TrustedApplication
) -> None:
    body = NEW | {"application": application.application_uri, "description": " Alerts "}
    first = administrators_program.post("/webhooks", body, Idempotency_Key="one")
    assert first.status_code == 201, first.content
    made = first.json()
    assert made.pop("secret").startswith("whsec_")
    assert made == {
        "id": made["id"],
        "url": URL,
        "types": ["token.issued", "token.revoked"],
        "application": application.application_uri,
        "description": "Alerts",
        "state": "active",
        "created_at": made["created_at"],
        "both_secrets_until": None,
    }
    assert made["created_at"].endswith("Z")
    again = administrators_program.post("/webhooks", body, Idempotency_Key="one")
    assert (again.status_code, again.json()["id"]) == (409, made["id"])
    assert administrators_program.get(f"/webhooks/{made['id']}").json() == made
    assert administrators_program.get("/webhooks").json() == {"items": [made], "next": None}
    assert actions_about(made["id"]) == ["webhook:create"]


def test_a_dry_run_shows_no_secret_and_adds_nothing(administrators_program: Any) -> None:
    answer = administrators_program.post("/webhooks?dry_run=true", NEW)
    assert (answer.status_code, answer.json()["secret"]) == (200, None)
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"url": "http://127.0.0.1/"}, ["#/url"]),
        ({"url": "nowhere"}, ["#/url"]),
        ({"types": []}, ["#/types"]),
        ({"types": ["token.issued", "token.eaten"]}, ["#/types/1"]),
        ({"application": "com.example/none"}, ["#/application"]),
        ({"application": "a\0"}, ["#/application"]),
        ({"description": "a\u202eb"}, ["#/description"]),
        ({"secret": "x"}, ["#/secret"]),
        ({"state": "paused"}, ["#/state"]),
    ],
)
def test_what_is_invalid_is_said_with_a_pointer(
    administrators_program: Any, changes: dict[str, Any], expected: list[str]
) -> None:
    assert pointers(administrators_program.post("/webhooks", NEW | changes)) == expected
    webhook, _secret = webhook_made()
    path = f"/webhooks/{webhook.pk}"
    assert pointers(administrators_program.patch(path, changes, If_Match="*")) == expected
    assert list(Webhook.objects.values_list("url", "types")) == [(URL, ["token.issued", "token.revoked"])]


def test_there_are_not_more_than_the_limit(administrators_program: Any) -> None:
    for _number in range(MOST_WEBHOOKS):
        webhook_made()
    assert pointers(administrators_program.post("/webhooks", NEW)) == ["#"]
    page = administrators_program.get("/webhooks?limit=49").json()
    rest = administrators_program.get(page["next"].removeprefix("/api/v1")).json()
    assert (len(page["items"]), len(rest["items"]), rest["next"]) == (49, 1, None)


def test_edit1_a_webhook_is_changed_and_deleted_as_it_was_read(
    administrators_program: Any, application: TrustedApplication
) -> None:
    webhook, _secret = webhook_made(application=application)
    path = f"/webhooks/{webhook.pk}"
    tag = administrators_program.get(path)["ETag"]
    assert administrators_program.patch(path, {"description": "x"}).status_code == 428
    change = {"application": None, "types": ["audit.entry"]}
    changed = administrators_program.patch(path, change, If_Match=tag)
    assert (changed.status_code, changed.json()["application"], changed.json()["types"]) == (200, None, ["audit.entry"])
    assert administrators_program.patch(path, {"description": "x"}, If_Match=tag).status_code == 412
    assert administrators_program.delete(path).status_code == 428
    assert administrators_program.delete(path, If_Match=tag).status_code == 412
    assert administrators_program.delete(path, If_Match=changed["ETag"]).status_code == 204
    assert actions_about(webhook.pk) == ["webhook:update", "webhook:delete"]


def test_api1_a_webhook_is_paused_and_resumed_once(administrators_program: Any) -> None:
    webhook, _secret = webhook_made()
    path = f"/webhooks/{webhook.pk}"
    for act, state in (("pause", "paused"), ("pause", "paused"), ("resume", "active"), ("resume", "active")):
        answer = administrators_program.post(f"{path}/{act}")
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert actions_about(webhook.pk) == ["webhook:pause", "webhook:resume"]


def test_api1_a_secret_is_replaced_and_the_former_one_ended(administrators_program: Any) -> None:
    webhook, secret = webhook_made()
    path = f"/webhooks/{webhook.pk}"
    answer = administrators_program.post(f"{path}/secret")
    assert answer.status_code == 200
    assert answer.json()["secret"] not in {secret, None}
    assert answer.json()["both_secrets_until"].endswith("Z")
    assert "secret" not in administrators_program.get(path).json()
    ended = administrators_program.post(f"{path}/secret/end")
    assert (ended.status_code, ended.json()["both_secrets_until"]) == (200, None)
    assert actions_about(webhook.pk) == ["webhook:replace_secret", "webhook:end_former_secret"]


def test_api1_a_webhook_is_tried_and_a_message_sent_again(administrators_program: Any) -> None:
    webhook, _secret = webhook_made()
    path = f"/webhooks/{webhook.pk}"
    tried = administrators_program.post(f"{path}/test")
    assert (tried.status_code, tried.json()["type"], tried.json()["state"]) == (202, "webhook.test", "waiting")
    message = f"{path}/deliveries/{tried.json()['id']}"
    whole = administrators_program.get(message).json()
    assert whole.pop("body")["type"] == "webhook.test"
    assert whole == tried.json()
    WebhookDelivery.objects.update(state="failed", next_at=None, last_fault="timeout", attempts=10)
    failed = administrators_program.get(message).json()
    assert (failed["state"], failed["last_fault"], failed["next_at"]) == ("failed", "timeout", None)
    again = administrators_program.post(f"{message}/repeat")
    assert (again.status_code, again.json()["state"]) == (202, "waiting")
    administrators_program.post(f"{path}/pause")
    assert administrators_program.post(f"{path}/test").status_code == 409
    assert administrators_program.post(f"{message}/repeat").status_code == 409
    assert actions_about(webhook.pk) == ["webhook:test", "webhook:repeat", "webhook:pause"]


def test_messages_are_listed_in_pages_the_newest_first(administrators_program: Any) -> None:
    webhook, _secret = webhook_made()
    made = [str(delivery_made(webhook).message_id) for _number in range(3)]
    delivery_made(webhook_made()[0])
    WebhookDelivery.objects.filter(message_id=made[0]).update(state="delivered")
    path = f"/webhooks/{webhook.pk}/deliveries"
    page = administrators_program.get(f"{path}?limit=2").json()
    rest = administrators_program.get(page["next"].removeprefix("/api/v1")).json()
    assert [one["id"] for one in page["items"] + rest["items"]] == made[::-1]
    found = administrators_program.get(f"{path}?state=delivered").json()
    assert ([one["id"] for one in found["items"]], found["next"]) == ([made[0]], None)
    assert administrators_program.get(f"{path}?state=failed").json()["items"] == []
    assert pointers(administrators_program.get(f"{path}?state=lost")) == ["state"]


def test_a_webhook_or_message_that_nobody_knows_is_404(administrators_program: Any) -> None:
    delivery = delivery_made()
    other, _secret = webhook_made()
    path = f"/webhooks/{uuid4()}"
    acts = ("pause", "resume", "secret", "secret/end", "test", f"deliveries/{delivery.message_id}/repeat")
    answers = [
        administrators_program.get(path),
        administrators_program.get(f"{path}/deliveries"),
        administrators_program.get(f"/webhooks/{other.pk}/deliveries/{delivery.message_id}"),
        administrators_program.patch(path, {}, If_Match="*"),
        administrators_program.delete(path, If_Match="*"),
        *[administrators_program.post(f"{path}/{act}") for act in acts],
    ]
    assert {answer.status_code for answer in answers} == {404}


def test_api2_reading_is_not_writing(program_of: Callable[..., Any]) -> None:
    reader = program_of(UserFactory.create(administrator=True), ["instance:read"])
    delivery = delivery_made()
    path = f"/webhooks/{delivery.webhook_id}"
    acts = ("pause", "resume", "secret", "secret/end", "test", f"deliveries/{delivery.message_id}/repeat")
    assert {reader.get(one).status_code for one in ("/webhooks", path, f"{path}/deliveries")} == {200}
    answers = [
        reader.post("/webhooks", NEW),
        reader.patch(path, {}, If_Match="*"),
        reader.delete(path, If_Match="*"),
        *[reader.post(f"{path}/{act}") for act in acts],
    ]
    assert {answer.status_code for answer in answers} == {403}
