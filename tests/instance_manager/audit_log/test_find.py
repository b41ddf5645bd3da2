"""Finding what happened to a token by its value, of which only the digest is looked up (AUD-3, T37)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.factories import issued_pat
from tests.instance_manager.audit_log.entries import LOG, sentences
from tests.introspection import UNKNOWN
from tests.pages import TOKEN, text_of
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]

FIND = f"{LOG}find/"


def test_aud3_the_value_leads_to_the_entries_about_the_token_by_its_id(
    administrator_client: Client, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application, description="Nightly")
    issued_pat(alice, application)
    response = administrator_client.post(FIND, {"secret": f" {issued.plaintext}\n"})
    assert response.headers["Location"] == f"{LOG}?token={issued.token.pk}"
    page: Any = administrator_client.get(response.headers["Location"])
    assert sentences(page) == ["The command line issued the token Nightly for Excel"]
    assert not TOKEN.search(page.content.decode())


@pytest.mark.parametrize("value", [UNKNOWN, "enrt_", "anything else"])
def test_a_value_of_no_token_is_refused_and_not_repeated(administrator_client: Client, value: str) -> None:
    response = administrator_client.post(FIND, {"secret": value})
    assert response.status_code == 422
    assert "No token of this instance has this value." in text_of(response)
    assert f'value="{value}"' not in response.content.decode()


def test_the_form_says_what_it_does(administrator_client: Client) -> None:
    said = text_of(administrator_client.get(FIND))
    assert "Find the entries about a token" in said
    assert "looked up by its digest and written nowhere" in said
