"""A key ring that is lost for good is left behind by commands, and the service serves again (docs/keys.md)."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import AuditEvent, User
from reference_tokens.maintenance.startup import require_complete_key_ring
from reference_tokens.models import ReferenceToken, ResourceServer
from tests.command_line import Runner
from tests.factories import ResourceServerFactory, issued_pat
from tests.introspection import INACTIVE, introspect
from trusted_apps.models import TrustedApplication

OLD, NEW = "old-0123456789abcdefghijklmnopqrstuvwxyz", "new-0123456789abcdefghijklmnopqrstuvwxyz"


@pytest.mark.django_db(transaction=True)
def test_a_lost_ring_is_left_behind(
    client: Client, command: Runner, alice: User, application: TrustedApplication, settings: Settings
) -> None:
    settings.TOKEN_HASH_KEYS = [OLD]
    lost = issued_pat(alice, application)
    made = command("create_resource_server", "Orders API", "--all-applications", "--json").json
    settings.TOKEN_HASH_KEYS = [NEW]
    with pytest.raises(SystemExit):
        require_complete_key_ring()
    assert command("list_resource_servers", "--json").json["resource_servers"] == [
        {
            "client_id": made["client_id"],
            "name": "Orders API",
            "enabled": True,
            "secrets": 1,
            "secrets_without_key": 1,
        }
    ]
    assert command("revoke_tokens", "--lost-keys", "--yes", "--json").json["revoked"] == 1
    rotated = command("rotate_resource_server_secret", "Orders API", "--json").json
    assert (rotated["client_id"], rotated["removed"], rotated["old_still_good"]) == (made["client_id"], 1, 0)
    require_complete_key_ring()
    known = SimpleNamespace(client_id=rotated["client_id"], plain_secret=rotated["client_secret"])
    assert introspect(client, known, lost.plaintext).content == INACTIVE
    fresh = issued_pat(alice, application)
    assert introspect(client, known, fresh.plaintext).json()["active"] is True
    assert not ReferenceToken.objects.filter(pk=lost.token.pk, revoked_at=None).exists()
    assert command("revoke_tokens", "--lost-keys", "--yes", "--json").json["revoked"] == 0


@pytest.mark.django_db
def test_a_secret_is_rotated_without_a_gap_or_at_once(command: Runner) -> None:
    server = ResourceServerFactory.create(name="Orders API")
    outcome = command("rotate_resource_server_secret", server.client_id)
    assert "old secrets removed: 0, still good: 1" in outcome.stdout
    assert command("rotate_resource_server_secret", server.client_id).is_one_line_of_refusal
    ended = command("rotate_resource_server_secret", "Orders API", "--end-old", "--json").json
    assert (ended["removed"], ended["old_still_good"], server.secrets.count()) == (2, 0, 1)
    actions = AuditEvent.objects.filter(target_id=server.client_id).order_by("seq").values_list("action", flat=True)
    added, removed = "resource_server:add_secret", "resource_server:remove_secret"
    assert list(actions)[-4:] == [added, removed, removed, added]


@pytest.mark.django_db
def test_a_server_that_is_not_there_is_named_in_one_line(command: Runner) -> None:
    assert command("rotate_resource_server_secret", "nobody").is_one_line_of_refusal


@pytest.mark.django_db
def test_the_list_is_read_by_people_too(command: Runner) -> None:
    assert command("list_resource_servers").stdout == "There is no Resource Server.\n"
    server = ResourceServerFactory.create(name="Orders API")
    line = f"{server.client_id}  Orders API  enabled, secrets: 1, without their key: 0\n"
    assert command("list_resource_servers").stdout == line
    ResourceServer.objects.update(is_enabled=False)
    assert "disabled" in command("list_resource_servers").stdout


def test_the_way_back_is_documented() -> None:
    documented = Path("docs/keys.md").read_text()
    assert "revoke_tokens --lost-keys" in documented
    assert "rotate_resource_server_secret" in documented
