"""VAL-6: an administrator checks any token as any Resource Server would, and the check is recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from django.views.debug import ExceptionReporter
from django.views.decorators.debug import sensitive_variables
from pytest_django.fixtures import Settings

from accounts.limits.rates import Limits
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.models import AnswerCount, ReferenceToken, ResourceServer
from reference_tokens.pages.checking import views
from reference_tokens.token_values import token_format
from reference_tokens.usage.recorder import recorder
from tests.factories import ResourceServerFactory, alter, issued_pat
from tests.instance_manager.tokens.checking import CHECK, checked, chosen
from tests.pages import errors_of, links_of, signed_in, text_of
from tests.stored import everything_stored
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def pat(alice: User, application: TrustedApplication) -> IssuedToken:
    return issued_pat(alice, application, description="Laptop", scopes=["read", "update"])


def test_val6_an_active_token_is_accepted_and_the_answers_of_both_doors_are_said(
    administrator_client: Client, pat: IssuedToken, server: ResourceServer
) -> None:
    for response in (
        checked(administrator_client, pat.plaintext, server),
        chosen(administrator_client, pat.token, server),
    ):
        words = text_of(response)
        assert "Accepted: the token is active" in words
        assert 'Answer to introspection 200 {"active": true} Answer at forward auth 200' in words
        assert f'href="/manage/security/tokens/{pat.token.pk}/"' in response.content.decode()


def test_a_token_that_was_pasted_is_revoked_from_the_answer(administrator_client: Client, pat: IssuedToken) -> None:
    [revoke] = links_of(checked(administrator_client, pat.plaintext), "Revoke")
    administrator_client.post(revoke)
    pat.token.refresh_from_db()
    assert pat.token.revoked_at
    assert not links_of(checked(administrator_client, pat.plaintext), "Revoke")


def test_the_field_of_the_value_has_the_focus_until_there_is_an_answer(
    administrator_client: Client, pat: IssuedToken
) -> None:
    assert b" autofocus" in administrator_client.get(CHECK).content
    for response in (checked(administrator_client, pat.plaintext), chosen(administrator_client, pat.token)):
        assert b" autofocus" not in response.content


def test_val6_the_value_stands_in_no_part_of_the_answer(administrator_client: Client, pat: IssuedToken) -> None:
    for value in (pat.plaintext, f" {pat.plaintext}\n", pat.plaintext[:-1], pat.plaintext.lower()):
        response = checked(administrator_client, value)
        assert response.status_code == 200
        assert pat.plaintext[5:60].lower() not in response.content.decode().lower()
        assert "no-store" in response.headers["Cache-Control"]
        assert pat.plaintext.encode() not in everything_stored()


@pytest.mark.parametrize("where", ["check", "record_check", "answer_in_words"])
def test_t36_a_fault_of_ours_tells_the_value_to_no_report(
    administrator_client: Client, pat: IssuedToken, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    @sensitive_variables()
    def fail(*_arguments: Any, **_options: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(views, where, fail)
    with pytest.raises(ZeroDivisionError) as raised:
        checked(administrator_client, pat.plaintext)
    trace: Any = raised.tb
    # The frames before belong to this test.
    while trace.tb_frame.f_code.co_name != "_get_response":
        trace = trace.tb_next
    request = trace.tb_frame.f_locals["request"]
    report = ExceptionReporter(request, raised.type, raised.value, trace).get_traceback_html()
    assert "ask_or_check" in report
    assert pat.plaintext not in report


def refuse_to_read(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
    """What a database that has gone away does."""
    if "digest" in sql:
        raise OperationalError("the store is gone")
    return execute(sql, *args)


def test_t36_a_store_that_is_gone_tells_the_value_to_nobody(
    administrator_client: Client, pat: IssuedToken, log_lines: list[str]
) -> None:
    administrator_client.raise_request_exception = False
    with connection.execute_wrapper(refuse_to_read):
        response = checked(administrator_client, pat.plaintext)
    assert response.status_code == 503
    assert pat.plaintext not in response.content.decode() + "".join(log_lines)


def test_t37_a_session_that_ended_carries_no_value_into_an_address(pat: IssuedToken) -> None:
    response = checked(Client(), pat.plaintext)
    assert response.status_code == 302
    assert "enrt" not in str(response.headers)


def test_val6_a_check_is_no_use_and_counts_nothing(
    administrator_client: Client, pat: IssuedToken, server: ResourceServer
) -> None:
    before = ReferenceToken.objects.values().get()
    checked(administrator_client, pat.plaintext, server)
    chosen(administrator_client, pat.token, server)
    recorder.flush()
    assert ReferenceToken.objects.values().get() == before
    assert not AnswerCount.objects.exists()
    server.refresh_from_db()
    assert server.last_asked_at is None


def test_val6_each_check_is_recorded_with_who_asked_and_what_was_found(
    administrator: User, administrator_client: Client, pat: IssuedToken, server: ResourceServer
) -> None:
    checked(administrator_client, pat.plaintext, server)
    checked(administrator_client, token_format.generate())
    events = AuditEvent.objects.filter(action="token:check").order_by("seq")
    found = [(event.target_type, event.target_id, event.actor_id, event.details) for event in events]
    who = str(administrator.pk)
    assert found == [
        ("token", str(pat.token.pk), who, {"outcome": "active", "resource_server": server.client_id}),
        ("instance", "", who, {"outcome": "unknown", "resource_server": ""}),
    ]
    page = administrator_client.get(f"/manage/security/tokens/{pat.token.pk}/")
    assert "Token checked Accepted: the token is active" in text_of(page)


def test_val6_a_scope_that_forward_auth_requires_and_the_token_lacks_is_named(
    administrator_client: Client, pat: IssuedToken
) -> None:
    api = ResourceServerFactory.create(name="Orders API", required_scopes=("read", "export"))
    TrustedApplication.objects.update(scopes=("read",))
    response = checked(administrator_client, pat.plaintext, api)
    words = text_of(response)
    assert "Active, but refused at forward auth: a scope is missing" in words
    assert "Forward auth for Orders API requires these scopes, which the token does not have: export." in words
    assert "Excel no longer offers these scopes of the token: update." in words
    assert 'Answer to introspection 200 {"active": true} Answer at forward auth 403' in words
    assert f'href="/manage/security/resource-servers/{api.pk}/"' in response.content.decode()


@pytest.mark.parametrize("is_active", [True, False])
def test_val6_a_disabled_resource_server_is_refused_whatever_the_token(
    administrator_client: Client, pat: IssuedToken, is_active: bool
) -> None:
    api = ResourceServerFactory.create(name="Orders API", is_enabled=False)
    alter(pat.token, revoked_at=None if is_active else timezone.now())
    words = text_of(checked(administrator_client, pat.plaintext, api))
    assert "Refused: the Resource Server is disabled" in words
    assert "Answer to introspection 401 Answer at forward auth 401" in words
    assert "Orders API (disabled)" in words
    assert ("Of the token itself: Refused: the token was revoked." in words) is not is_active


def test_val6_a_door_that_the_operator_turned_off_is_told(
    administrator_client: Client, pat: IssuedToken, settings: Settings
) -> None:
    settings.UNBOUND_FORWARD_AUTH = False
    words = text_of(checked(administrator_client, pat.plaintext))
    assert "Refused: forward auth without a Resource Server is turned off" in words
    assert "Answer at forward auth 401" in words


def test_val6_an_unknown_token_is_told_whence_it_may_be(administrator_client: Client) -> None:
    words = text_of(checked(administrator_client, token_format.generate()))
    assert "Refused: there is no such token" in words
    assert "it comes from another instance" in words


def test_val6_what_stood_around_the_token_is_told(administrator_client: Client, pat: IssuedToken) -> None:
    words = text_of(checked(administrator_client, f"{pat.plaintext}\r\n"))
    assert "Accepted: the token is active" in words
    assert "Around the token stood a space or a line break" in words


def test_val6_a_mistyped_token_is_told_by_its_mistakes(administrator_client: Client, pat: IssuedToken) -> None:
    words = text_of(checked(administrator_client, pat.plaintext[:-2]))
    assert "Refused: this is mistyped" in words
    assert "It has 62 of 64 digits behind enrt_: its end is probably cut off." in words


@pytest.mark.parametrize("is_asked_by_server", [True, False])
def test_tok2_where_a_key_is_missing_nothing_is_told_of_what_is_not_found(
    administrator_client: Client,
    pat: IssuedToken,
    server: ResourceServer,
    settings: Settings,
    is_asked_by_server: bool,
) -> None:
    settings.TOKEN_HASH_KEYS = ["another-key-0123456789abcdefghijklmnopqrstu"]
    response = checked(administrator_client, pat.plaintext, server if is_asked_by_server else None)
    words = text_of(response)
    assert "No answer: it cannot be told whether the token exists" in words
    assert "Answer at forward auth 503" in words


def test_a_check_without_a_token_asks_for_one(administrator_client: Client) -> None:
    response = administrator_client.post(CHECK, {"secret": "", "server": ""})
    assert response.status_code == 422
    assert errors_of(response) == ["Paste the token that is refused."]


def test_a_resource_server_that_there_is_not_is_refused(administrator_client: Client, pat: IssuedToken) -> None:
    response = administrator_client.post(CHECK, {"secret": pat.plaintext, "server": "4711"})
    assert response.status_code == 422
    assert pat.plaintext not in response.content.decode()


def test_one_of_many_resource_servers_is_searched_without_a_script(
    administrator_client: Client, pat: IssuedToken
) -> None:
    ResourceServerFactory.create_batch(21)
    ResourceServerFactory.create(name="Orders")
    response = administrator_client.post(CHECK, {"secret": pat.plaintext, "server": "", "server_search": "orders"})
    assert response.status_code == 200
    words = text_of(response)
    assert "Orders" in words
    assert "Paste the token again: no page repeats it." in words
    assert pat.plaintext not in response.content.decode()
    answer = administrator_client.get("/manage/choices/server/?server_search=orders")
    assert "Orders" in text_of(answer)


def test_the_page_of_a_token_leads_to_its_check(administrator_client: Client, pat: IssuedToken) -> None:
    (address,) = links_of(administrator_client.get(f"/manage/security/tokens/{pat.token.pk}/"), "Check")
    assert address == f"{CHECK}?token={pat.token.pk}"
    assert "Laptop" in text_of(administrator_client.get(address))


@pytest.mark.parametrize("name", ["enrt_", "0b0b0b0b-0b0b-4b0b-8b0b-0b0b0b0b0b0b", ""])
def test_a_token_that_there_is_not_cannot_be_chosen(administrator_client: Client, name: str) -> None:
    assert administrator_client.get(f"{CHECK}?token={name}").status_code == 404


def test_checks_are_limited_by_account(
    administrator: User, administrator_client: Client, pat: IssuedToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "CHECKS", Limits("check", 60, account=1))
    assert chosen(administrator_client, pat.token).status_code == 200
    assert chosen(administrator_client, pat.token).status_code == 429
    assert administrator_client.get(CHECK).status_code == 200
    other = User.objects.create(username="second", is_administrator=True)
    assert chosen(signed_in(other), pat.token).status_code == 200
