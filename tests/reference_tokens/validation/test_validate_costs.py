"""VAL-1: what a validation asks the database, and the one place that looks a token up (T8)."""

from __future__ import annotations

import ast
import json
import re
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from reference_tokens.models import Door, ResourceServer
from reference_tokens.token_values import token_format
from reference_tokens.usage.recorder import recorder
from reference_tokens.validation.validate import token_id_of, validate
from tests.command_line import BASE_DIR
from tests.factories import UserFactory, alter, issued_pat
from tests.introspection import UNKNOWN, Statements, introspect, is_active
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


PROJECT = BASE_DIR


# --- Queries ---------------------------------------------------------------------------------------------------------


def prepared(state: str, issued: Any) -> tuple[str, AbstractContextManager[Any]]:
    """The token to ask about, and when."""
    if state == "unknown":
        return token_format.generate(), nullcontext()
    if state == "revoked":
        alter(issued.token, revoked_at=timezone.now())
    if state == "expired":
        return issued.plaintext, time_machine.travel(issued.token.expires_at + timedelta(days=1))
    return issued.plaintext, nullcontext()


@pytest.mark.parametrize("shares_profile", [True, False])
@pytest.mark.parametrize("state", ["found", "unknown", "revoked", "expired"])
def test_val1_a_validation_is_two_selects_at_most_and_no_write(
    client: Client, server: Any, alice: User, application: TrustedApplication, state: str, shares_profile: bool
) -> None:
    ResourceServer.objects.update(shares_profile=shares_profile)
    plaintext, moment = prepared(state, issued_pat(alice, application))
    with moment, Statements() as statements:
        introspect(client, server, plaintext)
    # A server of its own is asked about caller and token at once, and for a profile that the caller may have.
    is_asked_once = connection.vendor == "postgresql" and (state == "unknown" or not shares_profile)
    assert statements.verbs == ["SELECT"] * (1 if is_asked_once else 2)


def test_val1_an_old_key_in_the_ring_costs_no_select(
    client: Client, server: Any, settings: Settings, alice: User, application: TrustedApplication
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    settings.TOKEN_HASH_KEYS = ["newer-0123456789abcdefghijklmnopqrstuvwxyz", *settings.TOKEN_HASH_KEYS]
    with Statements() as statements:
        assert is_active(client, server, plaintext)
    assert statements.verbs == ["SELECT"] * (1 if connection.vendor == "postgresql" else 2)


def test_val1_groups_are_read_only_for_a_server_that_may_have_them(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    alice.groups.add(Group.objects.create(name="staff"))
    decision = validate(issued_pat(alice, application).plaintext, now=timezone.now(), door=Door.TOKEN_ITSELF)
    assert decision.record is not None
    assert decision.record.groups == ()


def test_tok8_a_token_on_its_way_to_revocation_is_found_by_its_value_in_any_state(
    alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    alter(issued.token, revoked_at=timezone.now())
    assert token_id_of(issued.plaintext) == issued.token.pk


@pytest.mark.parametrize("text", ["", "enrt_x", UNKNOWN])
def test_tok8_no_token_is_found_by_another_value(db: None, text: str) -> None:
    assert token_id_of(text) is None


def test_tok13_looking_a_token_up_is_not_a_use_of_it(alice: User, application: TrustedApplication) -> None:
    token_id_of(issued_pat(alice, application).plaintext)
    assert recorder.flush() == 0


def test_val1_the_answer_is_json_in_ascii(client: Client, server: Any, application: TrustedApplication) -> None:
    ResourceServer.objects.update(shares_profile=True)
    person = UserFactory.create(name="Zażółć Gęślą")
    response = introspect(client, server, issued_pat(person, application).plaintext)
    assert response.content.isascii()
    assert json.loads(response.content)["name"] == "Zażółć Gęślą"


# --- T8: no second path ----------------------------------------------------------------------------------------------


def lookups_by_digest(path: Path) -> list[str]:
    """Calls like `….filter(digest=…)` in one file."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            is_lookup = node.func.attr in {"filter", "exclude", "get", "aget", "get_or_create", "Q", "extra", "raw"}
            names = [keyword.arg or "" for keyword in node.keywords]
            # digest__length is the database's own check of a column.
            if is_lookup and any("digest" in name and name != "digest__length" for name in names):
                found.append(f"{path.name}:{node.lineno}")
    return found


def test_t8_only_validation_looks_a_token_up_by_its_digest() -> None:
    # The two layers below know nothing of tokens; what they look up by a digest is a mailed link.
    packages = ("reference_tokens", "profile_site", "instance_manager", "tokens_project")
    files = [
        file for package in packages for file in (PROJECT / package).rglob("*.py") if "migrations" not in file.parts
    ]
    lookups = [lookup for file in files for lookup in lookups_by_digest(file)]
    assert len(files) > 40
    assert [lookup.partition(":")[0] for lookup in lookups] == ["validate.py"]


def test_t8_digests_are_computed_only_where_they_are_stored_or_looked_up() -> None:
    users = {
        path.name
        for path in (PROJECT / "reference_tokens").rglob("*.py")
        # Signatures are no digests of tokens, and neither are those of requests.
        if path.name != "repetition.py" and re.search(r"(?<!hmac)\.digests?\(", path.read_text())
    }
    stored = {"issuance.py", "resource_server_registration.py"}
    looked_up = {"callers.py", "many.py", "reports.py", "validate.py"}
    assert users == {"hashing.py", *stored, *looked_up}
