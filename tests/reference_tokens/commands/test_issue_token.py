from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from pytest_django import Settings

from accounts.models import AuditEvent, User
from reference_tokens.models import Door, ReferenceToken
from reference_tokens.token_values.token_format import is_well_formed
from reference_tokens.validation.validate import validate
from tests.command_line import Runner, nothing_stored
from tests.factories import ApplicationFactory, UserFactory
from trusted_apps.models import TrustedApplication

NOW = datetime.fromisoformat("2027-01-31T12:30:15.678901+00:00")
URI = "com.example/excel"
PAT = ("issue_token", "--application", URI, "--user", "alice")
SAT = ("issue_token", "--application", URI, "--service")

pytestmark = [pytest.mark.usefixtures("alice", "application"), pytest.mark.once]


def test_issue_token_prints_the_token_alone(command: Runner) -> None:
    outcome = command(*PAT)
    assert (outcome.status, outcome.stderr) == (0, "")
    assert is_well_formed(outcome.stdout.removesuffix("\n"))


def test_issued_pat_is_good_and_speaks_for_the_person(command: Runner, alice: User) -> None:
    plaintext = command(*PAT).stdout.strip()
    token = ReferenceToken.objects.get()
    decision = validate(plaintext, now=token.issued_at, door=Door.TOKEN_ITSELF)
    assert decision.is_active
    assert (token.kind, token.holder, token.issuer) == ("PAT", alice, None)


def test_issued_sat_is_good_and_speaks_for_the_system_user(command: Runner, application: TrustedApplication) -> None:
    plaintext = command(*SAT).stdout.strip()
    decision = validate(plaintext, now=ReferenceToken.objects.get().issued_at, door=Door.TOKEN_ITSELF)
    assert decision.record is not None
    assert decision.record.holder is not None
    assert application.system_user is not None
    assert (decision.is_active, decision.record.holder.id) == (True, application.system_user.pk)


def test_issue_token_prints_one_json_object(command: Runner) -> None:
    with time_machine.travel(NOW, tick=False):
        document = command(*PAT, "--scopes", "update read", "--json").json
    token = ReferenceToken.objects.get()
    assert is_well_formed(document.pop("token"))
    assert document == {
        "id": str(token.pk),
        "kind": "PAT",
        "application": URI,
        "scopes": ["read", "update"],
        "expires_at": "2027-03-02T12:30:15+00:00",
    }


def test_issue_token_prints_null_for_no_expiry(command: Runner, application: TrustedApplication) -> None:
    TrustedApplication.objects.update(allows_tokens_without_expiry=True)
    document = command(*SAT, "--no-expiry", "--json").json
    assert (document["kind"], document["expires_at"]) == ("SAT", None)


def test_tok6_token_reads_and_nothing_else_where_no_scope_is_given(command: Runner) -> None:
    assert command(*PAT, "--json").json["scopes"] == ["read"]


@pytest.mark.parametrize(
    ("arguments", "expires_at"),
    [
        ([], "2027-03-02T12:30:15+00:00"),
        (["--expires-in-days", "1"], "2027-02-01T12:30:15+00:00"),
        (["--expires-in-days", "366"], "2028-02-01T12:30:15+00:00"),
        (["--expires-at", "2027-06-01T00:00:00"], "2027-06-01T00:00:00+00:00"),
        (["--expires-at", "2027-06-01T00:00:00+02:00"], "2027-05-31T22:00:00+00:00"),
    ],
)
def test_tok5_token_expires_when_it_was_asked_to(command: Runner, arguments: list[str], expires_at: str) -> None:
    with time_machine.travel(NOW, tick=False):
        assert command(*PAT, *arguments, "--json").json["expires_at"] == expires_at
    assert ReferenceToken.objects.get().expires_at == datetime.fromisoformat(expires_at)


def test_tok5_token_lives_no_longer_than_its_application_allows_where_no_expiry_is_given(command: Runner) -> None:
    TrustedApplication.objects.update(max_lifetime_days=7)
    with time_machine.travel(NOW, tick=False):
        assert command(*PAT, "--json").json["expires_at"] == "2027-02-07T12:30:15+00:00"


def test_tok5_token_lives_no_longer_than_the_instance_allows(command: Runner, settings: Settings) -> None:
    settings.MAX_TOKEN_LIFETIME_DAYS = 3
    assert command(*PAT).status == 0
    token = ReferenceToken.objects.get()
    assert token.expires_at is not None
    assert token.expires_at - token.issued_at <= timedelta(days=3)


def test_tok7_description_is_kept(command: Runner) -> None:
    command(*PAT, "--description", " Nightly import ")
    assert ReferenceToken.objects.get().description == "Nightly import"


def test_aud1_issue_is_recorded_as_the_operator_without_the_token(command: Runner) -> None:
    plaintext = command(*PAT).stdout.strip()
    event = AuditEvent.objects.get()
    assert (event.action, event.source, event.target_id) == (
        "token:issue",
        "command",
        str(ReferenceToken.objects.get().pk),
    )
    assert plaintext not in str(event.details)


def test_names_are_found_in_any_case(command: Runner) -> None:
    outcome = command("issue_token", "--application", URI.upper(), "--user", "ALICE", "--json")
    assert outcome.json["application"] == URI


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--application", "com.example/new", "--user", "alice"], "there is no Trusted Application com.example/new."),
        (["--application", "\udcff", "--user", "alice"], "what was given is not UTF-8 text."),
        (["--application", "a\nb", "--user", "alice"], r"there is no Trusted Application a\nb."),
        (["--application", URI, "--user", "nobody"], "there is no user named nobody."),
        ([*PAT[1:], "--scopes", ""], "Choose at least one scope."),
        ([*PAT[1:], "--scopes", "read fly"], "Excel does not offer the scope fly."),
        ([*PAT[1:], "--no-expiry"], "Excel does not allow tokens without expiry: choose an expiration time."),
        ([*PAT[1:], "--expires-at", "2020-01-01"], "The expiration time has passed: choose a later one."),
        ([*PAT[1:], "--description", "a\nb"], "description: Remove the invisible characters."),
    ],
)
def test_issue_token_refuses_bad_input_in_one_line(command: Runner, arguments: list[str], message: str) -> None:
    with nothing_stored():
        outcome = command("issue_token", *arguments)
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr == f"Error: {message}\n"


def test_tok5_expiry_beyond_the_maximum_is_refused_with_the_latest(command: Runner) -> None:
    with nothing_stored(), time_machine.travel(NOW, tick=False):
        outcome = command(*PAT, "--expires-in-days", "367")
    assert outcome.is_one_line_of_refusal
    assert "366 days at most: choose 2028-02-01 12:30 (UTC) or earlier." in outcome.stderr


@pytest.mark.parametrize(
    ("traits", "arguments", "reason"),
    [
        ({"closed": True}, ["--user", "alice"], "Its AccessTokens policy is None"),
        ({"administrators_only": True}, ["--user", "alice"], "Its AccessTokens policy is AdministratorsOnly"),
        ({"disabled": True}, ["--user", "alice"], "The application is disabled."),
        ({}, ["--user", "robot"], "A System User has no personal access tokens."),
        ({}, ["--user", "gone"], "The user is not active."),
        ({}, ["--service"], "It has no System User"),
        ({"closed": True}, ["--service"], "Its AccessTokens policy is None"),
        ({"disabled": True}, ["--service"], "The application is disabled."),
    ],
)
def test_pol3_policy_binds_the_operator_too(
    command: Runner, traits: dict[str, bool], arguments: list[str], reason: str
) -> None:
    UserFactory.create(username="robot", system=True)
    UserFactory.create(username="gone", inactive=True)
    ApplicationFactory.create(application_uri="com.example/word", **traits)
    with nothing_stored():
        outcome = command("issue_token", "--application", "com.example/word", *arguments)
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr.startswith(f"Error: no token for com.example/word: {reason}")


def test_pol2_operator_issues_for_an_administrator_where_only_they_may(command: Runner, administrator: User) -> None:
    ApplicationFactory.create(application_uri="com.example/word", administrators_only=True)
    assert command("issue_token", "--application", "com.example/word", "--user", "ada").status == 0


def test_tok7_limit_of_tokens_is_refused_in_one_line(command: Runner, settings: Settings) -> None:
    settings.MAX_LIVE_PATS_PER_PERSON = 1
    assert command(*PAT).status == 0
    with nothing_stored():
        outcome = command(*PAT)
    assert outcome.is_one_line_of_refusal
    assert "alice has 1 token, which is the limit: revoke it first." in outcome.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--application", URI],
        ["--user", "alice"],
        [*PAT[1:], "--service"],
        [*PAT[1:], "--expires-in-days", "many"],
        [*PAT[1:], "--expires-in-days", "3", "--no-expiry"],
        [*PAT[1:], "--expires-in-days", "3", "--expires-at", "2027-06-01"],
        [*PAT[1:], "extra"],
    ],
)
def test_issue_token_refuses_wrong_usage(command: Runner, arguments: list[str]) -> None:
    with nothing_stored():
        assert command("issue_token", *arguments).is_wrong_usage
