from __future__ import annotations

from typing import Any

import pytest

from accounts.models import AuditEvent
from reference_tokens.models import ResourceServer
from reference_tokens.validation.callers import authenticate
from tests.command_line import Runner, nothing_stored
from tests.factories import ApplicationFactory
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.usefixtures("application"), pytest.mark.once]
NAME = "Orders API"
CREATE = ("create_resource_server", NAME)


def test_create_resource_server_prints_its_id_and_secret(command: Runner) -> None:
    outcome = command(*CREATE, "--all-applications")
    client_id, secret = (line.rpartition(": ")[2] for line in outcome.stdout.splitlines())
    caller = authenticate(client_id, secret)
    assert outcome.stdout == f"client id: {client_id}\nclient secret: {secret}\n"
    assert (outcome.status, outcome.stderr, caller and caller.client_id) == (0, "", client_id)


def test_create_resource_server_prints_one_json_object(command: Runner) -> None:
    document = command(*CREATE, "--application", "com.example/EXCEL", "--json").json
    assert document.keys() == {"client_id", "client_secret", "name"}
    assert authenticate(document["client_id"], document["client_secret"])
    assert document["name"] == NAME


def test_val3_server_asks_about_the_applications_it_was_given(command: Runner, application: TrustedApplication) -> None:
    word = ApplicationFactory.create(application_uri="com.example/word")
    ApplicationFactory.create()
    command(*CREATE, "--application", "com.example/excel", "--application", "com.example/word")
    server = ResourceServer.objects.get()
    assert set(server.applications.all()) == {application, word}
    assert not server.asks_for_all_applications


@pytest.mark.parametrize(
    ("arguments", "column", "value"),
    [
        ([], "may_revoke", False),
        (["--may-revoke"], "may_revoke", True),
        ([], "shares_profile", False),
        (["--share-profile"], "shares_profile", True),
        ([], "required_scopes", ()),
        (["--required-scopes", "update read"], "required_scopes", ("read", "update")),
    ],
)
def test_option_sets_its_column(command: Runner, arguments: list[str], column: str, value: Any) -> None:
    assert command(*CREATE, "--all-applications", *arguments).status == 0
    assert getattr(ResourceServer.objects.get(), column) == value


def test_aud1_registration_is_recorded_as_the_operator_without_the_secret(command: Runner) -> None:
    secret = command(*CREATE, "--all-applications", "--json").json["client_secret"]
    event = AuditEvent.objects.get()
    assert (event.action, event.source) == ("resource_server:create", "command")
    assert secret not in str(event.details)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([NAME, "--application", "com.example/new"], "there is no Trusted Application com.example/new."),
        (["Taken", "--all-applications"], "name: Resource Server with this Name already exists."),
        (["", "--all-applications"], "name: This field cannot be blank."),
        (["A\u200bPI", "--all-applications"], "name: Remove the invisible characters."),
        ([NAME, "--all-applications", "--required-scopes", "fly"], "required_scopes: Unknown scope: fly."),
    ],
)
def test_create_resource_server_refuses_bad_input_in_one_line(
    command: Runner, arguments: list[str], message: str
) -> None:
    command("create_resource_server", "Taken", "--all-applications")
    with nothing_stored():
        outcome = command("create_resource_server", *arguments)
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr.lower() == f"error: {message.lower()}\n"


@pytest.mark.parametrize("arguments", [[], [NAME, "--secret", "enrs_mine"], [NAME, "other"], [NAME, "--application"]])
def test_create_resource_server_refuses_wrong_usage_and_takes_no_secret(command: Runner, arguments: list[str]) -> None:
    with nothing_stored():
        assert command("create_resource_server", *arguments).is_wrong_usage
