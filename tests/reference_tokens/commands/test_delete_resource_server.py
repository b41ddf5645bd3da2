from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.audit.sentences import told_events
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.resource_server_registration import delete_resource_server
from reference_tokens.models import RefusalCount, ResourceServer, TokenUse
from reference_tokens.usage.recorder import recorder
from tests.command_line import Runner, nothing_stored
from tests.factories import ResourceServerFactory, issued_pat
from tests.introspection import introspect
from tests.reference_tokens.commands.answering import Terminal
from trusted_apps.models import TrustedApplication


@pytest.fixture
def orders(db: None) -> Any:
    return ResourceServerFactory.create(name="Orders API", client_id="rs_orders")


def test_a_deleted_server_is_refused_and_leaves_the_uses_of_tokens(
    command: Runner, client: Client, alice: User, application: TrustedApplication, orders: Any
) -> None:
    token = issued_pat(alice, application)
    assert introspect(client, orders, token.plaintext).status_code == 200
    recorder.flush()
    assert TokenUse.objects.get().last_used_server == orders
    introspect(client, orders, "enrt_123")
    recorder.flush()
    outcome = command("delete_resource_server", "Orders API", "--yes", "--json")
    assert outcome.json == {"client_id": "rs_orders", "name": "Orders API"}
    assert introspect(client, orders, token.plaintext).status_code == 401
    use = TokenUse.objects.get()
    assert (use.last_used_server, use.last_used_at is None) == (None, False)
    assert not RefusalCount.objects.filter(server__isnull=False).exists()
    assert not ResourceServer.objects.exists()


def test_a_use_that_was_noted_before_is_stored_after(
    command: Runner, client: Client, alice: User, application: TrustedApplication, orders: Any
) -> None:
    token = issued_pat(alice, application)
    introspect(client, orders, token.plaintext)
    command("delete_resource_server", "rs_orders", "--yes")
    recorder.flush()
    assert TokenUse.objects.get().last_used_at


def test_aud1_it_is_recorded_with_what_it_was(command: Runner, orders: Any) -> None:
    assert command("delete_resource_server", "rs_orders", "--yes").stdout == "Deleted Orders API (rs_orders).\n"
    entry = AuditEvent.objects.get()
    assert (entry.action, entry.source, entry.target_id) == ("resource_server:delete", "command", "rs_orders")
    assert entry.details["before"]["name"] == "Orders API"
    assert "rs_orders" in told_events([entry])[0].sentence


def test_it_is_asked_first_and_told_when_it_asked_last(command: Runner, orders: Any) -> None:
    with nothing_stored():
        outcome = command("delete_resource_server", "rs_orders", stdin=Terminal("no\n"))
    assert outcome.stderr == (
        "Delete Orders API (rs_orders), which asked last: never? This cannot be undone. Type yes: "
        "Error: nothing was deleted.\n"
    )
    ResourceServer.objects.update(last_asked_at="2026-03-31T12:00Z")
    outcome = command("delete_resource_server", "rs_orders", stdin=Terminal("yes\n"))
    assert (outcome.status, "2026-03-31 12:00 UTC" in outcome.stderr) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rs_orders"], "give --yes to delete it without being asked."),
        (["rs_nobody", "--yes"], "there is no such Resource Server."),
    ],
)
def test_bad_input_is_refused_in_one_line(command: Runner, orders: Any, arguments: list[str], message: str) -> None:
    with nothing_stored():
        outcome = command("delete_resource_server", *arguments)
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr == f"Error: {message}\n"


def test_a_server_that_is_gone_is_not_deleted_again(orders: Any) -> None:
    act: dict[str, Any] = {"actor": OPERATOR, "server_id": orders.pk, "now": timezone.now()}
    assert delete_resource_server(**act)
    with nothing_stored():
        assert not delete_resource_server(**act)
