"""Old values ended by a Resource Server, by who holds a value, and by the command (TOK-10)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from reference_tokens.models import ReferenceToken
from tests.command_line import Runner
from tests.factories import ResourceServerFactory, issued_pat
from tests.introspection import is_active, revoke
from tests.reference_tokens.lifecycle.chains import Chain, chain_from
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(alice: User, application: TrustedApplication) -> Chain:
    return chain_from(issued_pat(alice, application, description="Laptop"))


def test_tok10_a_resource_server_that_revokes_the_newest_value_ends_the_old_ones(client: Client, chain: Chain) -> None:
    server = ResourceServerFactory.create(may_revoke=True)
    response = revoke(client, server, chain.newest.plaintext)
    assert (response.status_code, response.json()) == (200, {})
    assert chain.live() == ""
    assert AuditEvent.objects.filter(action="token:revoke", source="api").count() == 3


def test_tok10_a_resource_server_that_revokes_an_old_value_ends_it_alone(client: Client, chain: Chain) -> None:
    server = ResourceServerFactory.create(may_revoke=True)
    revoke(client, server, chain.second.plaintext)
    assert chain.live() == "first newest"


def test_tok10_whoever_holds_the_newest_value_ends_it_with_the_old_ones(
    client: Client, server: Any, chain: Chain
) -> None:
    response = client.delete("/api/token", headers={"authorization": f"Bearer {chain.newest.plaintext}"})
    assert response.status_code == 204
    assert [is_active(client, server, each.plaintext) for each in chain] == [False, False, False]


def test_tok10_whoever_holds_an_old_value_ends_it_alone(client: Client, chain: Chain) -> None:
    client.delete("/api/token", headers={"authorization": f"Bearer {chain.first.plaintext}"})
    assert chain.live() == "second newest"


@pytest.mark.parametrize("by", ["--id", "--token-stdin"])
def test_tok10_the_command_ends_the_old_values_and_its_json_says_which(command: Runner, chain: Chain, by: str) -> None:
    choice = [by, str(chain.newest.token.pk)] if by == "--id" else [by]
    outcome = command("revoke_tokens", *choice, "--yes", "--json", stdin=chain.newest.plaintext)
    assert outcome.json["revoked"] == 3
    assert [(old["id"], old["hint"], old["revoked"]) for old in outcome.json["old_values"]] == [
        (str(old.token.pk), old.token.hint, True) for old in (chain.second, chain.first)
    ]
    assert chain.live() == ""


def test_tok10_the_command_leaves_the_old_values_where_that_is_asked_and_says_until_when(
    command: Runner, chain: Chain
) -> None:
    arguments = ["revoke_tokens", "--id", str(chain.newest.token.pk), "--keep-old-values", "--yes"]
    outcome = command(*arguments, "--json")
    stored = ReferenceToken.objects.get(pk=chain.second.token.pk)
    assert stored.expires_at
    assert outcome.json["revoked"] == 1
    assert outcome.json["old_values"][0] == {
        "id": str(stored.pk),
        "hint": stored.hint,
        "revoked": False,
        "ends_at": stored.expires_at.isoformat(),
    }
    assert chain.live() == "first second"


def test_tok10_the_command_says_in_words_what_became_of_the_old_values(command: Runner, chain: Chain) -> None:
    newest, first = chain.newest.token, chain.first.token
    kept = command("revoke_tokens", "--id", str(newest.pk), "--keep-old-values", "--yes").stdout
    assert kept.startswith("Revoked 1 token.\nThe old value ")
    assert f"The old value {first.hint} works on until " in kept
    again = chain_from(issued_pat(newest.holder, newest.application))  # type: ignore[arg-type] # a PAT
    ended = command("revoke_tokens", "--id", str(again.newest.token.pk), "--yes").stdout
    assert ended == "".join(
        [
            "Revoked 3 tokens.\n",
            f"The old value {again.second.token.hint} is revoked.\n",
            f"The old value {again.first.token.hint} is revoked.\n",
        ]
    )


def test_tok10_the_command_revokes_an_old_value_alone(command: Runner, chain: Chain) -> None:
    outcome = command("revoke_tokens", "--id", str(chain.first.token.pk), "--yes", "--json")
    assert outcome.json == {"revoked": 1}
    assert chain.live() == "second newest"
