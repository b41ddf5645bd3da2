"""The secrets of a Resource Server: added, shown once, removed (T22)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from reference_tokens.validation.callers import authenticate
from tests.factories import ResourceServerFactory
from tests.instance_manager.resource_servers.forms import confirm, page_of, removal_of, second_secret
from tests.pages import form_of, give_password, secret_of, signed_in, text_of
from tests.stored import everything_stored

pytestmark = [pytest.mark.django_db, pytest.mark.once]


# --- Secrets ---------------------------------------------------------------------------------------------------------


def test_t22_adding_a_secret_asks_then_shows_it_once(administrator_client: Client, server: Any) -> None:
    address = f"{page_of(server)}secrets/new/"
    question = administrator_client.get(address)
    assert "Both secrets work until you remove one" in text_of(question)
    assert server.secrets.count() == 1
    response = administrator_client.post(address, form_of(question))
    secret = secret_of(response)
    assert response["Cache-Control"] == "no-store"
    assert authenticate(server.client_id, secret)
    assert authenticate(server.client_id, server.plain_secret)
    assert secret.encode() not in everything_stored()
    assert secret not in administrator_client.get(page_of(server)).content.decode()


def test_t22_a_third_secret_is_refused_with_a_message(administrator_client: Client, server: Any) -> None:
    second_secret(server)
    response = administrator_client.post(f"{page_of(server)}secrets/new/", follow=True)
    assert response.redirect_chain == [(page_of(server), 302)]
    assert "It has two secrets, which is the limit" in text_of(response)
    assert server.secrets.count() == 2


def test_t22_removing_a_secret_asks_then_refuses_it_at_once(administrator_client: Client, server: Any) -> None:
    second, address = second_secret(server), removal_of(server)
    question = administrator_client.get(address)
    assert f"Remove the secret enrs_…{server.plain_secret[-4:]}" in text_of(question)
    assert server.secrets.count() == 2
    response = administrator_client.post(address, form_of(question), follow=True)
    assert "The secret was removed." in text_of(response)
    assert authenticate(server.client_id, server.plain_secret) is None
    assert authenticate(server.client_id, second)


def test_t22_the_only_secret_stays_with_a_message(administrator_client: Client, server: Any) -> None:
    response = administrator_client.post(removal_of(server), follow=True)
    assert "It is the only secret: add another first" in text_of(response)
    assert authenticate(server.client_id, server.plain_secret)


def test_a_secret_that_is_not_there_is_404_to_read(administrator_client: Client, server: Any) -> None:
    other = ResourceServerFactory.create()
    for address in (f"{page_of(server)}secrets/4711/remove/", removal_of(server, other.secrets.get())):
        assert administrator_client.get(address).status_code == 404
        assert administrator_client.head(address).status_code == 404
    assert other.secrets.count() == 1


def test_a_removal_that_is_sent_twice_says_the_second_time_that_it_was_done(
    administrator_client: Client, server: Any
) -> None:
    second_secret(server)
    address = removal_of(server)
    administrator_client.post(address)
    response = administrator_client.post(address, follow=True)
    assert response.redirect_chain == [(page_of(server), 302)]
    assert "This secret no longer exists." in text_of(response)
    assert AuditEvent.objects.filter(action="resource_server:remove_secret").count() == 1


# --- Confirming who it is (PEO-3) ------------------------------------------------------------------------------------


@pytest.fixture
def unconfirmed(administrator: User) -> Client:
    """The administrator, who signed in 16 minutes ago."""
    return signed_in(give_password(administrator), confirmed=False)


@pytest.mark.parametrize("path", ["secrets/new/", "remove"])
def test_peo3_after_confirming_it_is_asked_again_before_a_secret_is_touched(
    unconfirmed: Client, server: Any, path: str
) -> None:
    second_secret(server)
    address = removal_of(server) if path == "remove" else f"{page_of(server)}{path}"
    response = confirm(unconfirmed, unconfirmed.post(address))
    assert (response.status_code, response.wsgi_request.path) == (200, address)
    assert server.secrets.count() == 2
