"""What the server asks while a body is slow to arrive: whether the caller may go on (AVA-2)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.factories import issued_pat
from tests.introspection import UNKNOWN, basic, credentials
from trusted_apps.models import TrustedApplication


def asked(client: Client, path: str, authorization: str) -> int:
    """The status for the head alone."""
    environ: dict[str, Any] = {"reference_tokens.head_only": True}
    answer = client.post(path, headers={"authorization": authorization}, **environ)
    return answer.status_code


@pytest.mark.parametrize("path", ["/oauth/introspect", "/oauth/introspect/batch", "/oauth/revoke"])
def test_ava2_a_known_caller_may_send_its_body_and_an_unknown_one_may_not(
    client: Client, server: Any, path: str
) -> None:
    assert asked(client, path, credentials(server)) == 100
    assert asked(client, path, basic("rs_unknown", "x")) == 401


def test_ava2_a_good_token_may_send_its_body_and_is_not_used_by_it(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    assert asked(client, "/api/token/rotate", f"Bearer {issued.plaintext}") == 100
    assert asked(client, "/api/token/rotate", f"Bearer {UNKNOWN}") == 401


def test_ava2_nobody_is_asked_for_before_the_body_of_a_page(client: Client, db: None) -> None:
    assert asked(client, "/accounts/login/", "Basic x") == 100
