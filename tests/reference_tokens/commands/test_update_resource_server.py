from __future__ import annotations

from typing import Any

import pytest

from accounts.models import AuditEvent
from reference_tokens.models import ResourceServer
from tests.command_line import Runner, nothing_stored
from tests.factories import ApplicationFactory, ResourceServerFactory
from trusted_apps.models import TrustedApplication


@pytest.fixture
def orders(db: None) -> ResourceServer:
    return ResourceServerFactory.create(name="Orders API", client_id="rs_orders")


def test_what_is_given_is_changed_and_told(
    command: Runner, orders: ResourceServer, application: TrustedApplication
) -> None:
    arguments = ["--name", "Billing API", "--application", "com.example/EXCEL", "--no-all-applications"]
    arguments += ["--may-revoke", "--share-profile", "--required-scopes", "read", "--disabled"]
    document = command("update_resource_server", "Orders API", *arguments, "--json").json
    assert document == {
        "client_id": "rs_orders",
        "name": "Billing API",
        "is_enabled": False,
        "applications": ["com.example/excel"],
        "all_applications": False,
        "may_revoke": True,
        "share_profile": True,
        "required_scopes": ["read"],
        "last_asked_at": None,
    }
    again = ["--enabled", "--no-may-revoke", "--no-share-profile", "--required-scopes", "", "--all-applications"]
    document = command("update_resource_server", "rs_orders", *again, "--json").json
    assert (document["is_enabled"], document["may_revoke"], document["share_profile"]) == (True, False, False)
    assert (document["required_scopes"], document["all_applications"]) == ([], True)


def test_txt1_it_is_found_however_its_name_is_written(command: Runner) -> None:
    ResourceServerFactory.create(name="Caf\u00e9", client_id="rs_cafe")
    assert command("update_resource_server", "CAFE\u0301", "--json").json["client_id"] == "rs_cafe"


def test_what_is_not_given_stays_and_nothing_is_recorded(command: Runner, orders: ResourceServer) -> None:
    with nothing_stored():
        outcome = command("update_resource_server", "rs_orders")
    assert outcome.stdout == "Orders API (rs_orders) is enabled; it may ask about all applications.\n"


def test_aud1_a_change_is_recorded_as_the_operator(
    command: Runner, orders: ResourceServer, application: TrustedApplication
) -> None:
    other = ApplicationFactory.create(application_uri="com.example/word")
    uris = ["--application", "com.example/excel", "--application", other.application_uri]
    outcome = command("update_resource_server", "rs_orders", *uris, "--no-all-applications", "--disabled")
    said = "Orders API (rs_orders) is disabled; it may ask about com.example/excel, com.example/word.\n"
    assert outcome.stdout == said
    entry = AuditEvent.objects.get()
    assert (entry.action, entry.source, entry.target_id) == ("resource_server:update", "command", "rs_orders")
    assert entry.details["after"]["asks_for_all_applications"] is False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rs_nobody"], "there is no such Resource Server."),
        (["rs_orders\0"], "there is no such Resource Server."),
        (["rs_orders", "--name", "Taken"], "name: Resource Server with this Name already exists."),
        (["rs_orders", "--name", ""], "name: This field cannot be blank."),
        (["rs_orders", "--application", "com.example/new"], "there is no Trusted Application com.example/new."),
        (["rs_orders", "--no-all-applications"], "applications: Choose its applications, or let it ask about all."),
        (["rs_orders", "--required-scopes", "fly"], "required_scopes: Unknown scope: fly."),
    ],
)
def test_bad_input_is_refused_in_one_line(
    command: Runner, orders: ResourceServer, arguments: list[str], message: str
) -> None:
    ResourceServerFactory.create(name="Taken")
    with nothing_stored():
        outcome = command("update_resource_server", *arguments)
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr == f"Error: {message}\n"
    orders.refresh_from_db()
    assert (orders.name, orders.asks_for_all_applications) == ("Orders API", True)


@pytest.mark.once
def test_it_is_enabled_or_disabled_and_not_both(command: Runner, orders: Any) -> None:
    assert command("update_resource_server", "rs_orders", "--enabled", "--disabled").is_wrong_usage
