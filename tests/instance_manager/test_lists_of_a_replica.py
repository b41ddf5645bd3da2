"""The lists of both sites and of the management API come from a replica; what decides anything never does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.audit import queries
from accounts.audit.record import OPERATOR
from accounts.database.replica import REPLICA
from accounts.models import User
from reference_tokens.lifecycle.issuance import TokenRequest, issue_sat
from reference_tokens.models import ReferenceToken
from tests.conftest import is_postgresql
from tests.factories import ApplicationFactory, ResourceServerFactory, issued_pat
from tests.pages import form_of, signed_in
from tests.replica import has_replica, near
from trusted_apps.built_in import MANAGEMENT_SCOPES
from trusted_apps.models import TrustedApplication

__all__ = ["has_replica", "near"]
pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", REPLICA]),
    pytest.mark.skipif(not is_postgresql(), reason="SQLite has no replica"),
]

# What says who somebody is, and what nobody else may know.
SECRET_TABLES = re.compile(r"session|secret|hashkey|outbox|attempt")
ADDRESSES = {
    "/profile/security/tokens/": "referencetoken",
    "/manage/security/tokens/": "referencetoken",
    "/manage/security/tokens/counts/": "referencetoken",
    "/manage/security/users/": "accounts_user",
    "/manage/security/trusted-apps/": "trustedapplication",
    "/manage/security/resource-servers/": "resourceserver",
    "/manage/security/groups/": "auth_group",
    "/manage/security/audit-log/": "auditevent",
}
CALLS = {
    "tokens": "referencetoken",
    "me/tokens": "referencetoken",
    "users": "accounts_user",
    "audit-events": "auditevent",
}


@pytest.fixture
def nothing_done_lately(monkeypatch: pytest.MonkeyPatch) -> None:
    """To sign in is an act too."""
    monkeypatch.setattr(queries, "LATELY", timedelta(0))


@pytest.fixture
def own_token(administrator: User, application: TrustedApplication) -> ReferenceToken:
    """Beside it there is one of each that is listed."""
    ResourceServerFactory.create()
    Group.objects.create(name="Everybody")
    return issued_pat(administrator, application).token


@pytest.fixture
def program(management_api: TrustedApplication) -> Client:
    """A program that may do everything with the management API."""
    asked = TokenRequest(sorted(MANAGEMENT_SCOPES), timezone.now() + timedelta(days=1))
    token = issue_sat(actor=OPERATOR, application=management_api, token_request=asked, now=timezone.now()).plaintext
    return Client(headers={"Authorization": f"Bearer {token}"})


@contextmanager
def deleted_once_listed(row: Any) -> Iterator[None]:
    """The row is deleted as soon as the replica has told a list that it is there."""
    table = f'FROM "{row._meta.db_table}"'

    def execute_and_delete(execute: Any, sql: str, *args: Any) -> Any:
        done = execute(sql, *args)
        if table in sql and "LIMIT" in sql:
            type(row).objects.filter(pk=row.pk).delete()
        return done

    with connections[REPLICA].execute_wrapper(execute_and_delete):
        yield


def asked_by(client: Client, address: str) -> str:
    """The statements that the replica is asked for this page."""
    with CaptureQueriesContext(connections[REPLICA]) as captured:
        answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(query["sql"] for query in captured.captured_queries if "wal" not in query["sql"])


@pytest.mark.usefixtures("nothing_done_lately", "own_token")
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_list_of_a_site_comes_from_the_replica_and_who_may_see_it_does_not(administrator: User, address: str) -> None:
    asked = asked_by(signed_in(administrator), address)
    assert ADDRESSES[address] in asked
    assert not SECRET_TABLES.search(asked)


@pytest.mark.usefixtures("nothing_done_lately", "own_token")
@pytest.mark.parametrize("call", CALLS)
def test_a_list_of_the_management_api_comes_from_the_replica(program: Client, call: str) -> None:
    asked = asked_by(program, f"/api/v1/{call}")
    assert CALLS[call] in asked
    assert not SECRET_TABLES.search(asked)
    assert not re.search(r'"digest" (=|IN)', asked)


def test_whoever_did_something_lately_reads_from_the_primary(
    administrator: User, bob: User, program: Client, own_token: ReferenceToken
) -> None:
    browser, other = signed_in(administrator), signed_in(bob)
    address = f"/profile/security/tokens/{own_token.pk}/revoke/"
    assert browser.post(address, form_of(browser.get(address), address)).status_code == 302
    scope = {"name": "audit", "description": "Read."}
    assert program.post("/api/v1/scopes", scope, content_type="application/json").status_code == 201
    assert asked_by(browser, "/profile/security/tokens/") == ""
    assert asked_by(program, "/api/v1/tokens") == ""
    assert "referencetoken" in asked_by(other, "/profile/security/tokens/")


@pytest.mark.usefixtures("nothing_done_lately", "own_token")
@pytest.mark.parametrize("address", ["/manage/", "/profile/", "/accounts/login/", "/readyz", "/profile/me"])
def test_a_page_that_is_no_list_asks_the_primary_alone(administrator: User, address: str) -> None:
    with CaptureQueriesContext(connections[REPLICA]) as captured:
        signed_in(administrator).get(address)
    assert captured.captured_queries == []


@pytest.mark.usefixtures("nothing_done_lately")
def test_a_row_that_is_deleted_while_a_list_is_read_is_left_out(administrator: User, program: Client) -> None:
    for client, address, factory in (
        (program, "/api/v1/applications", ApplicationFactory),
        (signed_in(administrator), "/manage/security/trusted-apps/", ApplicationFactory),
        (program, "/api/v1/resource-servers", ResourceServerFactory),
    ):
        gone: Any = factory.create(name="Gone")
        with deleted_once_listed(gone):
            answer = client.get(address)
        assert answer.status_code == 200
        assert "Gone" not in answer.text
        assert not type(gone).objects.filter(pk=gone.pk).exists()
