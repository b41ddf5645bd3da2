"""T69: every free text in a form, a link and a command keeps TXT-1; a pasted token is told and not stored."""

# ruff: noqa: RUF001 - words of other alphabets are meant as they are
from __future__ import annotations

import logging
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from reference_tokens.models import ResourceServer
from tests.factories import ResourceServerFactory, UserFactory, invitation_link, issued_pat, made_applications
from tests.pages import form_of
from tests.pasted_secrets import SECRET, passkey_made
from tests.stored import everything_stored
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


# By the field that is written: the site, and the address of its form.
FORMS = {
    "token": ("profile", "/profile/security/tokens/new/", "description"),
    "own name": ("profile", "/profile/edit/", "name"),
    "application": ("manage", "/manage/security/trusted-apps/new/", "name"),
    "application's description": ("manage", "/manage/security/trusted-apps/new/", "description"),
    "application's URI": ("manage", "/manage/security/trusted-apps/new/", "application_uri"),
    "Resource Server": ("manage", "/manage/security/resource-servers/new/", "name"),
    "group": ("manage", "/manage/security/groups/new/", "name"),
    "invited person": ("manage", "/manage/security/users/invite/", "name"),
    "invited person's user name": ("manage", "/manage/security/users/invite/", "username"),
    "System User": ("manage", "/manage/security/users/new-system-user/", "username"),
    "scope of a token": ("profile", "/profile/security/tokens/new/", "scopes"),
    "scope of an application": ("manage", "/manage/security/trusted-apps/new/", "scopes"),
    "required scope": ("manage", "/manage/security/resource-servers/new/", "required_scopes"),
    "invited person's address": ("manage", "/manage/security/users/invite/", "email"),
    "own address": ("profile", "/profile/email/", "email"),
    "reason of a revocation": ("manage", "/manage/security/tokens/{token}/revoke/", "reason"),
    "name of a passkey": ("profile", "/profile/security/second-factors/{passkey}/rename/", "name"),
    "name of who was invited": ("invited", "/accounts/invitation/", "name"),
    "edited application": ("manage", "/manage/security/trusted-apps/{application}/edit/", "description"),
    "edited Resource Server": ("manage", "/manage/security/resource-servers/{server}/edit/", "name"),
    "edited person": ("manage", "/manage/security/users/{person}/edit/", "name"),
    "edited person's address": ("manage", "/manage/security/users/{person}/edit/", "email"),
    "edited group": ("manage", "/manage/security/groups/{group}/edit/", "name"),
    "address of a webhook": ("manage", "/manage/security/webhooks/new/", "url"),
    "description of a webhook": ("manage", "/manage/security/webhooks/new/", "description"),
    "event of a webhook": ("manage", "/manage/security/webhooks/new/", "types"),
    "SAT": ("manage", "/manage/security/trusted-apps/{application}/tokens/new/", "description"),
    "number of tokens": ("manage", "/manage/security/tokens/revoke-many/?token={token}", "number"),
    "owner at the red button": ("manage", "/manage/security/revoke/", "owner"),
    "group at the red button": ("manage", "/manage/security/revoke/", "group"),
    "reason of many": ("manage", "/manage/security/tokens/suspend-many/?token={token}", "reason"),
    "reason of a suspension": ("manage", "/manage/security/tokens/{token}/suspend/", "reason"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["live token", "token in small letters", "secret", "invisible", "overridden"])
def test_t69_a_form_refuses_what_txt1_forbids_and_does_not_repeat_a_secret(
    alice: User,
    alice_client: Client,
    administrator_client: Client,
    application: TrustedApplication,
    caplog: pytest.LogCaptureFixture,
    form: str,
    kind: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    live = issued_pat(alice, application)
    site, address, field = FORMS[form]
    browser = {"profile": alice_client, "manage": administrator_client, "invited": Client()}[site]
    if site == "invited":
        browser.get(f"{address}{invitation_link(alice)}/")
    address = address.format(
        token=live.token.pk,
        application=application.pk,
        person=alice.pk,
        server=ResourceServerFactory.create().pk,
        group=Group.objects.create(name="Team").pk,
        passkey=passkey_made(alice) if "passkey" in address else "",
    )
    pasted = forbidden_text(kind, live.plaintext)
    fields = form_of(browser.get(address))
    before = everything_stored().count(b"\n")

    response = browser.post(address, fields | {field: [pasted]})

    text = response.content.decode()
    assert response.status_code == 422
    assert f'href="#id_{field}"' in text
    if kind in {"live token", "token in small letters", "secret"}:
        assert "Do not enter" in text
        for where in (text, str(response.headers), caplog.text, everything_stored().decode(errors="replace")):
            assert pasted not in where
    assert everything_stored().count(b"\n") == before


def forbidden_text(kind: str, live: str) -> str:
    """A text of this kind that no field takes."""
    return {
        "live token": live,
        "token in small letters": live.lower(),
        "secret": SECRET,
        "invisible": "\u3164",
        "overridden": "a\u202eb",
    }[kind]


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/password/reset/"])
def test_t69_a_token_in_place_of_a_user_name_is_told_and_not_repeated(
    client: Client, alice: User, application: TrustedApplication, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    caplog.set_level(logging.DEBUG)
    live = issued_pat(alice, application).plaintext
    text = client.post(address, {"login": live, "password": "a wrong password"}).content.decode()
    assert "This is a token. Do not enter tokens here" in text
    for where in (text, caplog.text, everything_stored().decode(errors="replace")):
        assert live not in where


@pytest.mark.parametrize("secret", ["live", SECRET])
@pytest.mark.parametrize(
    "command",
    [
        ["create_user", "new", "--name", "{}"],
        ["create_user", "{}"],
        ["create_application", "com.example/new", "--name", "{}"],
        ["create_application", "com.example/new", "--name", "x", "--description", "{}"],
        ["create_application", "{}", "--name", "x"],
        ["create_resource_server", "{}", "--all-applications"],
        ["issue_token", "--application", "com.example/excel", "--user", "alice", "--description", "{}"],
        ["issue_token", "--application", "com.example/excel", "--user", "{}"],
        ["revoke_tokens", "--all", "--yes", "--reason", "{}"],
        ["list_tokens", "--user", "{}"],
        ["list_tokens", "--application", "{}"],
    ],
)
def test_t69_a_command_refuses_a_token_and_does_not_repeat_it(
    alice: User, application: TrustedApplication, command: list[str], secret: str
) -> None:
    made_applications().update(application_uri="com.example/excel")
    pasted = issued_pat(alice, application).plaintext if secret == "live" else secret
    with pytest.raises(CommandError, match="Do not enter") as refused:
        call_command(*[part.format(pasted) for part in command])
    assert pasted not in str(refused.value)
    assert pasted not in everything_stored().decode(errors="replace")


def test_t69_a_link_that_carries_a_token_fills_in_nothing(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    live = issued_pat(alice, application).plaintext
    text = alice_client.get("/profile/security/tokens/new/", {"description": live}).content.decode()
    assert "The description in the link was ignored: This is a token." in text
    assert live not in text


@pytest.mark.parametrize("name", ["q", "owner", "application", "scope"])
@pytest.mark.parametrize(
    "address", ["/manage/security/tokens/", "/manage/security/trusted-apps/", "/manage/security/users/"]
)
def test_t69_a_list_forgets_a_token_in_its_address(
    alice: User, administrator_client: Client, application: TrustedApplication, address: str, name: str
) -> None:
    live = issued_pat(alice, application).plaintext
    answer = administrator_client.get(address, {name: live.lower(), "sort": "expiry"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{address}?sort=expiry"


@pytest.mark.parametrize("persian", ["می\u200cخواهم", "👨\u200d👩\u200d👧", "\ufeffU\u0308ber "])
def test_t69_every_script_passes_every_door_in_its_one_form(
    administrator_client: Client, application: TrustedApplication, persian: str
) -> None:
    stored = persian.replace("U\u0308", "Ü").strip("\ufeff ")
    for address in ("/manage/security/groups/new/", "/manage/security/resource-servers/new/"):
        fields = form_of(administrator_client.get(address))
        more: dict[str, Any] = {"name": [persian], "asks_for_all_applications": ["on"]}
        assert administrator_client.post(address, fields | more).status_code in {200, 302}
    call_command("create_user", "new", "--name", persian)
    assert Group.objects.get().name == stored
    assert ResourceServer.objects.get(name=stored)
    assert User.objects.get(username="new").name == stored


def test_t69_a_member_is_not_looked_for_by_a_token(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    live = issued_pat(alice, application).plaintext
    group = Group.objects.create(name="Team")
    UserFactory.create()
    text = administrator_client.post(
        f"/manage/security/groups/{group.pk}/members/add/", {"members": live}
    ).content.decode()
    assert "This is a token" in text
    assert live not in text
