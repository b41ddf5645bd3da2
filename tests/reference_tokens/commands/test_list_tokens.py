from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.command_line import Runner
from tests.factories import ApplicationFactory, alter, issued_pat, issued_sat
from trusted_apps.models import TrustedApplication

NAMES = ["live", "suspended", "expired", "revoked", "of_bob", "sat", "elsewhere"]


@pytest.fixture
def tokens(alice: User, bob: User, application: TrustedApplication) -> dict[str, str]:
    """The values of seven tokens, one an hour, each described by its name."""
    other = ApplicationFactory.create(application_uri="com.example/word")
    issued = {name: issued_pat(alice, application, description=name) for name in NAMES[:4]}
    issued["of_bob"] = issued_pat(bob, application, description="of_bob")
    issued["sat"] = issued_sat(application, description="sat")
    issued["elsewhere"] = issued_pat(alice, other, description="elsewhere")
    now = timezone.now()
    for hours, one in enumerate(issued.values(), start=1):
        alter(one.token, issued_at=now - timedelta(days=3, hours=-hours))
    alter(issued["suspended"].token, suspended_at=now)
    alter(issued["expired"].token, expires_at=now - timedelta(seconds=1))
    alter(issued["revoked"].token, revoked_at=now, revocation_reason="Lost", last_used_at=now - timedelta(hours=1))
    return {name: one.plaintext for name, one in issued.items()}


def listed(command: Runner, *arguments: str) -> list[str]:
    document = command("list_tokens", *arguments, "--json").json
    assert list(document) == ["tokens"]
    return [token["description"] for token in document["tokens"]]


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ([], ["elsewhere", "sat", "of_bob", "live"]),
        (["--state", "live"], ["elsewhere", "sat", "of_bob", "live"]),
        (["--state", "suspended"], ["suspended"]),
        (["--search", "BOB excel"], ["of_bob"]),
        (["--search", "com.example/word", "--scope", "read"], ["elsewhere"]),
        (["--scope", "update"], []),
        (["--unused", "1", "--kind", "SAT"], ["sat"]),
        (["--never-used", "4"], []),
        (["--expires-within", "60", "--user", "bob"], ["of_bob"]),
        (["--issued-before", "2020-01-01"], []),
        (["--no-expiry"], []),
        (["--outside", "policy", "--state", "all"], []),
        (["--state", "expired"], ["expired"]),
        (["--state", "revoked"], ["revoked"]),
        (["--state", "all"], NAMES[::-1]),
        (["--user", "ALICE"], ["elsewhere", "live"]),
        (["--application", "com.example/WORD"], ["elsewhere"]),
        (["--kind", "SAT"], ["sat"]),
        (["--kind", "PAT", "--user", "alice", "--application", "com.example/excel", "--state", "all"], NAMES[3::-1]),
    ],
)
def test_list_tokens_lists_those_asked_for_newest_first(
    command: Runner, arguments: list[str], names: list[str]
) -> None:
    assert listed(command, *arguments) == names


@pytest.mark.usefixtures("tokens")
def test_list_tokens_tells_everything_known_of_a_token(command: Runner) -> None:
    (described,) = command("list_tokens", "--state", "revoked", "--json").json["tokens"]
    token = ReferenceToken.objects.get(description="revoked")
    assert token.expires_at is not None
    assert token.last_used_at is not None
    assert token.revoked_at is not None
    assert described == {
        "id": str(token.pk),
        "hint": token.hint,
        "kind": "PAT",
        "application": "com.example/excel",
        "username": "alice",
        "description": "revoked",
        "scopes": ["read"],
        "state": "revoked",
        "issued_at": token.issued_at.isoformat(),
        "expires_at": token.expires_at.isoformat(),
        "last_used_at": token.last_used_at.isoformat(),
        "revoked_at": token.revoked_at.isoformat(),
        "revocation_reason": "Lost",
        "exposed_at": None,
        "seen_at": "",
    }


@pytest.mark.usefixtures("tokens")
def test_list_tokens_names_the_system_user_of_a_sat(command: Runner, application: TrustedApplication) -> None:
    (described,) = command("list_tokens", "--kind", "SAT", "--json").json["tokens"]
    assert application.system_user is not None
    assert described["username"] == application.system_user.username
    TrustedApplication.objects.update(system_user=None)
    (described,) = command("list_tokens", "--kind", "SAT", "--json").json["tokens"]
    assert described["username"] is None


@pytest.mark.parametrize("arguments", [["--json"], []])
def test_tok2_list_tokens_never_shows_a_value_or_digest(
    command: Runner, tokens: dict[str, str], arguments: list[str]
) -> None:
    printed = command("list_tokens", "--state", "all", *arguments).stdout
    digests = [bytes(digest).hex() for digest in ReferenceToken.objects.values_list("digest", flat=True)]
    assert not [secret for secret in [*tokens.values(), *digests] if secret in printed]


@pytest.mark.usefixtures("tokens")
def test_list_tokens_prints_a_table_with_one_line_a_token(command: Runner) -> None:
    outcome = command("list_tokens", "--user", "alice")
    head, *rows = outcome.stdout.splitlines()
    assert head.split() == ["ID", "HINT", "KIND", "APPLICATION", "USERNAME", "STATE", "EXPIRES", "AT", "DESCRIPTION"]
    assert [row.split()[-1] for row in rows] == ["elsewhere", "live"]
    assert {row.index("PAT") for row in rows} == {head.index("KIND")}


def test_list_tokens_prints_a_dash_for_what_is_not_there(command: Runner, application: TrustedApplication) -> None:
    TrustedApplication.objects.update(allows_tokens_without_expiry=True)
    issued_sat(application, expires_at=None)
    TrustedApplication.objects.update(system_user=None)
    (_head, row) = command("list_tokens").stdout.splitlines()
    assert row.split()[-4:] == ["-", "live", "-", "-"]


def test_list_tokens_says_that_there_are_none(command: Runner) -> None:
    assert command("list_tokens").stdout == "No tokens.\n"
    assert command("list_tokens", "--json").stdout == json.dumps({"tokens": []}) + "\n"


def test_list_tokens_asks_the_database_once_however_many_there_are(
    command: Runner, tokens: dict[str, str], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        command("list_tokens", "--state", "all")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--user", "nobody"], "there is no user named nobody."),
        (["--user", "nobody\udcff"], r"there is no user named nobody\udcff."),
        (["--application", "com.example/new"], "there is no Trusted Application com.example/new."),
    ],
)
def test_list_tokens_refuses_an_unknown_name_in_one_line(
    command: Runner, alice: User, arguments: list[str], message: str
) -> None:
    outcome = command("list_tokens", *arguments)
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr == f"Error: {message}\n"


@pytest.mark.parametrize("arguments", [["--kind", "pat"], ["--state", "gone"], ["extra"], ["--user"]])
@pytest.mark.once
def test_list_tokens_refuses_wrong_usage(command: Runner, arguments: list[str]) -> None:
    assert command("list_tokens", *arguments).is_wrong_usage


@pytest.mark.parametrize(
    "arguments",
    [
        ("--unused", "0"),
        ("--unused", f"{1:09}{'9' * 20}"),
        ("--never-used", "x"),
        ("--expires-within", "36501"),
        ("--issued-before", "31.3.2026"),
    ],
)
def test_a_filter_that_is_not_understood_is_wrong_usage(command: Runner, arguments: tuple[str, str]) -> None:
    assert command("list_tokens", *arguments).status == 2
