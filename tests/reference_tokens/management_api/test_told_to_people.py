"""What the sites say of tokens for the management API: why it refused (TOK-16), and what a check finds (VAL-6)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from reference_tokens.models import ReferenceToken
from reference_tokens.usage.recorder import recorder
from tests.factories import issued_pat, issued_sat
from tests.instance_manager.tokens.checking import chosen
from tests.pages import text_of
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def page_of(client: Client, token: ReferenceToken) -> str:
    recorder.flush()
    return text_of(client.get(f"/manage/security/tokens/{token.pk}/"))


def test_tok16_a_token_of_another_application_is_told_so(
    administrator_client: Client, alice: User, application: TrustedApplication, automation: Any
) -> None:
    issued = issued_pat(alice, application)
    automation.token = issued.plaintext
    assert automation.get("/me").status_code == 401
    words = page_of(administrator_client, issued.token)
    assert "The token is for another Trusted Application than the management API. Management API" in words


def test_tok16_a_call_that_lacks_its_scope_is_told_to_the_holder(
    alice: User, alice_client: Client, program_of: Any
) -> None:
    program = program_of(alice, ["self:read"])
    assert program.get("/scopes").status_code == 403
    recorder.flush()
    token = ReferenceToken.objects.get()
    words = text_of(alice_client.get(f"/profile/security/tokens/{token.pk}/"))
    assert "The call needs a scope that the token lacks, or that holds for administrators alone." in words


def test_api2_who_am_i_names_the_scopes_that_hold(administrator: User, program_of: Any) -> None:
    program = program_of(administrator)
    assert program.get("/me").json()["scopes"] == ["instance:read", "instance:write", "self:read", "self:write"]
    User.objects.filter(pk=administrator.pk).update(is_administrator=False)
    assert program.get("/me").json()["scopes"] == ["self:read", "self:write"]


def test_val6_a_check_says_what_the_token_opens(
    administrator_client: Client, management_api: TrustedApplication
) -> None:
    token = issued_sat(management_api, scopes=["instance:read", "self:read"]).token
    words = text_of(chosen(administrator_client, token))
    assert "It opens the management API of this instance with these scopes: instance:read, self:read." in words
    assert "hold only for administrators" not in words


def test_val6_a_check_says_what_does_not_hold_for_who_is_no_administrator(
    administrator_client: Client, alice: User, management_api: TrustedApplication
) -> None:
    token = issued_pat(alice, management_api, scopes=["instance:read", "self:read"]).token
    words = text_of(chosen(administrator_client, token))
    assert "with these scopes: self:read." in words
    assert "These scopes hold only for administrators, and Alice (alice) is none: instance:read." in words
    nothing = issued_pat(alice, management_api, scopes=["instance:read"]).token
    assert "It opens the management API" not in text_of(chosen(administrator_client, nothing))
