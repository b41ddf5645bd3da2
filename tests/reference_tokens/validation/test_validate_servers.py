"""VAL-3: what a Resource Server learns about tokens that are not its own, and about what is no token."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import Door, ReferenceToken
from reference_tokens.token_values import token_format
from reference_tokens.usage.recorder import recorder
from reference_tokens.validation.decision import Inactive
from reference_tokens.validation.validate import names_in, token_id_of, validate, validate_for_named
from tests.factories import ApplicationFactory, ResourceServerFactory, issued_pat
from tests.introspection import INACTIVE, Statements, introspect, is_active
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def bad_checksum() -> str:
    token = token_format.generate()
    return token[:-1] + ("0" if token[-1] != "0" else "1")


# --- VAL-3: whose tokens a server learns about -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "accept", ["*/*", "application/jwt", "application/token-introspection+jwt", "application/json;q=0.1, */*"]
)
def test_t19_another_servers_token_is_inactive_whatever_is_accepted(
    client: Client, alice: User, application: TrustedApplication, accept: str
) -> None:
    other = ApplicationFactory.create()
    stranger = ResourceServerFactory.create(asks_for_all_applications=False)
    stranger.applications.add(other)
    response = introspect(client, stranger, issued_pat(alice, application).plaintext, accept=accept)
    assert (response.status_code, response["Content-Type"], response.content) == (200, "application/json", INACTIVE)


@pytest.mark.parametrize("accept", ["application/jwt", "application/token-introspection+jwt", "text/html"])
def test_t19_what_is_accepted_changes_nothing_about_a_good_token(
    client: Client, server: Any, alice: User, application: TrustedApplication, accept: str
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    plain, accepting = introspect(client, server, plaintext), introspect(client, server, plaintext, accept=accept)
    assert accepting.content == plain.content
    assert accepting.headers == plain.headers


def test_val3_a_registered_server_learns_about_its_applications_only(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    registered = ResourceServerFactory.create(asks_for_all_applications=False)
    registered.applications.add(application)
    assert is_active(client, registered, issued_pat(alice, application).plaintext)
    assert not is_active(client, registered, issued_pat(alice, ApplicationFactory.create()).plaintext)


def test_t19_asking_about_anothers_token_is_not_a_use_of_it(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    stranger = ResourceServerFactory.create(asks_for_all_applications=False)
    introspect(client, stranger, issued_pat(alice, application).plaintext)
    assert recorder.flush() == 0


# --- T2, T34: what needs no database ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["x", "enrt_", "\0", "enrt_" + "0" * 64, "enrt_" + "Ż" * 64, "enrt_" + "A" * 10_000, "☃", "enrt_\0"]
)
def test_t34_what_cannot_be_a_token_is_inactive_without_asking_about_it(client: Client, server: Any, text: str) -> None:
    introspect(client, server, "x")
    with Statements() as statements:
        response = introspect(client, server, text)
    assert response.content == INACTIVE
    assert statements.verbs == ["SELECT"]
    assert statements.about_tokens == []


def test_t2_a_bad_checksum_is_refused_without_asking_about_it_and_like_an_unknown_token(
    client: Client, server: Any
) -> None:
    with Statements() as statements:
        response = introspect(client, server, bad_checksum())
    unknown = introspect(client, server, token_format.generate())
    assert statements.about_tokens == []
    assert (response.content, response.headers) == (unknown.content, unknown.headers)


def test_t2_validating_a_bad_checksum_makes_no_query() -> None:
    with Statements() as statements:
        assert validate(bad_checksum(), now=timezone.now(), door=Door.TOKEN_ITSELF).inactive is Inactive.MALFORMED
    assert statements.sql == []


# --- The function by itself ------------------------------------------------------------------------------------------


def test_val1_without_a_server_a_token_of_any_application_is_good(alice: User, application: TrustedApplication) -> None:
    decision = validate(issued_pat(alice, application).plaintext, now=timezone.now(), door=Door.TOKEN_ITSELF)
    assert decision.is_active
    assert decision.record is not None
    assert decision.record.holder is not None
    assert decision.record.holder.username == "alice"


def test_val1_without_a_server_an_unknown_token_is_unknown(db: None) -> None:
    assert validate(token_format.generate(), now=timezone.now(), door=Door.TOKEN_ITSELF).inactive is Inactive.UNKNOWN


# --- What is asked of nobody, and what is read ----------------------------------------------------------------------


def test_t34_what_cannot_be_a_client_id_is_asked_of_nobody(alice: User, application: TrustedApplication) -> None:
    plaintext = issued_pat(alice, application).plaintext
    for client_id in ("", "a b", "rs_\0", "é", "x" * 201):
        with Statements() as statements:
            caller, decision = validate_for_named(client_id, plaintext, now=timezone.now(), address=None)
        assert (caller, decision.record, decision.inactive) == (None, None, Inactive.UNKNOWN)
        assert statements.sql == []


def test_names_of_groups_are_in_order_whether_a_driver_has_read_them_or_not() -> None:
    assert names_in('["b", "a"]') == names_in(["b", "a"]) == ("a", "b")


def test_val6_a_token_is_looked_up_among_those_that_are_given(alice: User, application: TrustedApplication) -> None:
    one, other = issued_pat(alice, application), issued_pat(alice, application)
    assert token_id_of(one.plaintext) == one.token.pk
    among = ReferenceToken.objects.filter(pk=one.token.pk)
    assert (token_id_of(one.plaintext, among), token_id_of(other.plaintext, among)) == (one.token.pk, None)
