"""VAL-6: the operator checks any token as any Resource Server would, and the check is recorded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.models import HashKey, ReferenceToken, ResourceServer, TokenUse
from reference_tokens.token_values.token_format import generate
from tests.command_line import Runner, nothing_stored
from tests.factories import ApplicationFactory, ResourceServerFactory, alter, issued_pat, rotated
from trusted_apps.models import TrustedApplication


@pytest.fixture
def pat(alice: User, application: TrustedApplication) -> IssuedToken:
    return issued_pat(alice, application, scopes=["read", "update"])


@pytest.fixture
def orders(db: None) -> ResourceServer:
    return ResourceServerFactory.create(name="Orders API", client_id="rs_orders")


def test_val6_a_good_token_is_told_with_what_it_may_do(command: Runner, pat: IssuedToken, orders: Any) -> None:
    document = command("check_token", "--client-id", "rs_orders", "--json", stdin=f"{pat.plaintext}\n").json
    facts = document.pop("token")
    assert document == {
        "active": True,
        "outcome": "active",
        "says": "Accepted: the token is active",
        "mistakes": [],
        "resource_server": "rs_orders",
        "introspection": '200 {"active": true}',
        "forward_auth": "200",
    }
    told = {name: facts[name] for name in ("id", "kind", "application", "username", "scopes", "revoked_at")}
    assert told == {
        "id": str(pat.token.pk),
        "kind": "PAT",
        "application": "com.example/excel",
        "username": "alice",
        "scopes": ["read", "update"],
        "revoked_at": None,
    }


def test_val6_it_is_no_use_and_is_recorded_without_the_value(command: Runner, pat: IssuedToken, orders: Any) -> None:
    outcome = command("check_token", "--client-id", "Orders API", stdin=pat.plaintext)
    entry = AuditEvent.objects.get(action="token:check")
    assert (entry.source, entry.actor_type, entry.target_id) == ("command", "operator", str(pat.token.pk))
    assert entry.details == {"outcome": "active", "resource_server": "rs_orders"}
    assert not TokenUse.objects.exists()
    assert pat.plaintext not in outcome.stdout


def revoke(pat: IssuedToken) -> None:
    alter(pat.token, revoked_at=timezone.now(), revocation_reason="Laptop stolen")


def expire(pat: IssuedToken) -> None:
    before = timezone.now() - timedelta(days=2)
    alter(pat.token, issued_at=before, expires_at=before + timedelta(days=1))


def suspend(pat: IssuedToken) -> None:
    alter(pat.token, suspended_at=timezone.now(), suspension_reason="Under investigation")


def disable(_pat: IssuedToken) -> None:
    TrustedApplication.objects.update(is_enabled=False)


def deactivate(_pat: IssuedToken) -> None:
    User.objects.update(is_active=False)


def take_scopes(pat: IssuedToken) -> None:
    TrustedApplication.objects.filter(pk=pat.token.application_id).update(scopes=())


@pytest.mark.parametrize(
    ("happened", "outcome", "words"),
    [
        (revoke, "revoked", "Refused: the token was revoked."),
        (expire, "expired", "Refused: the token has expired."),
        (suspend, "suspended", "Refused: the token is suspended."),
        (disable, "application_disabled", "Refused: the Trusted Application is disabled."),
        (deactivate, "holder_inactive", "Refused: the user whom it speaks for is not active."),
        (take_scopes, "no_scopes", "Refused: no scope is left."),
    ],
)
def test_val6_it_says_why_a_token_is_refused(
    command: Runner, pat: IssuedToken, orders: Any, happened: Callable[[IssuedToken], None], outcome: str, words: str
) -> None:
    happened(pat)
    arguments = ["check_token", "--client-id", "rs_orders"]
    document = command(*arguments, "--json", stdin=pat.plaintext).json
    assert (document["active"], document["outcome"], document["forward_auth"]) == (False, outcome, "401")
    assert command(*arguments, stdin=pat.plaintext).stdout.startswith(f"{words}\n")


def test_val6_the_reason_and_the_new_value_are_told(command: Runner, pat: IssuedToken) -> None:
    new = rotated(pat.token, timedelta(0)).token
    facts = command("check_token", "--json", stdin=pat.plaintext).json["token"]
    assert (facts["replaced_by"], facts["revocation_reason"]) == (str(new.pk), f"Replaced by {new.hint}")


def test_val3_for_another_server_it_is_refused_and_the_operator_is_told_so(command: Runner, pat: IssuedToken) -> None:
    server = ResourceServerFactory.create(asks_for_all_applications=False)
    server.applications.add(ApplicationFactory.create())
    document = command("check_token", "--client-id", server.client_id, "--json", stdin=pat.plaintext).json
    assert (document["active"], document["outcome"]) == (False, "other_server")


def test_a_missing_scope_is_refused_at_forward_auth_alone(command: Runner, alice: User, orders: Any) -> None:
    ResourceServer.objects.update(required_scopes=("update",))
    application = ApplicationFactory.create()
    value = issued_pat(alice, application, scopes=["read"]).plaintext
    document = command("check_token", "--client-id", "rs_orders", "--json", stdin=value).json
    assert (document["outcome"], document["forward_auth"]) == ("insufficient_scope", "403")
    assert document["introspection"] == '200 {"active": true}'
    assert document["active"] is False


def test_a_disabled_server_is_refused_whatever_the_token(command: Runner, pat: IssuedToken, orders: Any) -> None:
    ResourceServer.objects.update(is_enabled=False)
    document = command("check_token", "--client-id", "rs_orders", "--json", stdin=pat.plaintext).json
    assert (document["active"], document["outcome"]) == (False, "resource_server_disabled")


@pytest.mark.parametrize(("is_open", "outcome"), [(True, "active"), (False, "forward_auth_off")])
def test_without_a_server_it_is_forward_auth_without_one(
    command: Runner, pat: IssuedToken, settings: Settings, is_open: bool, outcome: str
) -> None:
    settings.UNBOUND_FORWARD_AUTH = is_open
    document = command("check_token", "--json", stdin=pat.plaintext).json
    assert (document["outcome"], document["active"], document["introspection"]) == (outcome, is_open, None)
    assert "answer to introspection" not in command("check_token", stdin=pat.plaintext).stdout


@pytest.mark.parametrize(
    ("value", "outcome", "mistake"),
    [
        (generate(), "unknown", None),
        ("Bearer enrt_123", "malformed", "The name of a header or the word Bearer stands before it."),
        ("enrt_123", "malformed", "It has 3 of 64 digits behind enrt_: its end is probably cut off."),
        ("\0", "malformed", "It does not begin with enrt_."),
        ("\udcff", "malformed", "It does not begin with enrt_."),
    ],
    ids=["unknown", "bearer", "short", "NUL", "no UTF-8"],
)
def test_what_is_no_token_is_told_with_what_is_wrong_with_it(
    command: Runner, db: Any, value: str, outcome: str, mistake: str | None
) -> None:
    document = command("check_token", "--json", stdin=f"{value}\n").json
    assert (document["outcome"], document["token"], document["active"]) == (outcome, None, False)
    assert any(text.startswith(mistake) for text in document["mistakes"]) if mistake else not document["mistakes"]
    assert value not in str(AuditEvent.objects.values_list("details"))


def test_tok2_where_a_key_is_missing_it_cannot_be_told(command: Runner, db: Any) -> None:
    HashKey.objects.create(id="lost")
    document = command("check_token", "--json", stdin=generate()).json
    assert (document["outcome"], document["forward_auth"]) == ("cannot_tell", "503")


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        ([], "", "no token on standard input."),
        (["--client-id", "rs_nobody"], "enrt_123\n", "there is no such Resource Server."),
        (["--client-id", ""], "enrt_123\n", "there is no such Resource Server."),
    ],
)
def test_bad_input_is_refused_in_one_line(
    command: Runner, db: Any, arguments: list[str], stdin: str, message: str
) -> None:
    with nothing_stored():
        outcome = command("check_token", *arguments, stdin=stdin)
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr == f"Error: {message}\n"


@pytest.mark.once
def test_t36_a_token_is_no_argument(command: Runner, pat: IssuedToken) -> None:
    outcome = command("check_token", pat.plaintext)
    assert outcome.is_one_line_of_refusal
    assert pat.plaintext not in outcome.stderr
    assert ReferenceToken.objects.count() == 1
