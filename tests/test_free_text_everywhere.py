"""T69: every free text at every door keeps TXT-1; a token that was pasted into one is told, not shown, not stored."""

# ruff: noqa: RUF001 - words of other alphabets are meant as they are
from __future__ import annotations

import importlib
import logging
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import models
from django.test import Client
from django.urls import URLResolver, get_resolver

from accounts.commands import Command
from accounts.models import User
from accounts.sign_in.forms import SignInForm
from accounts.text.free_text import LineField, NotRepeated
from reference_tokens.models import ResourceServer
from reference_tokens.token_values import token_format
from tests.command_line import Runner
from tests.factories import ResourceServerFactory, UserFactory, another_device, invitation_link, issued_pat
from tests.pages import form_of, give_password, signed_in
from tests.reference_tokens.test_plaintext_is_nowhere import everything_stored
from tests.second_factors import PASSKEY, factor, passkey_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db
SECRET = "enrs_q0E-5tXw_r7Zs2yUjK1lPnBvCxMaDfGhTeWiOuYqRz9"
BODY = token_format.PREFIX + "1D41AC7B" * 7
TOKEN = BODY + token_format.checksum(BODY)
OUR_APPS = ("accounts", "trusted_apps", "reference_tokens", "instance_manager", "profile_site")
# What is a secret itself, or made by programs: by what the field is called, in any form.
SECRET_FIELDS = {"password", "new_password", "credential", "secret"}
# Texts that nobody types: what is written there is made, or was checked, by the service itself.
WRITTEN_BY_THE_SERVICE = {
    "OutboxEntry.content",
    "Notice.cause",
    "ReferenceToken.scopes",
    "TokenSource.name",
    "User.password",
}
# Forms whose errors no page shows: a filter that is not understood counts as not set.
FILTERS = ("lists.filter_form.TokenFilterForm", "users.forms.UserFilterForm")

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
    "SAT": ("manage", "/manage/security/trusted-apps/{application}/tokens/new/", "description"),
    "number of tokens": ("manage", "/manage/security/tokens/revoke-many/?token={token}", "number"),
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
    pasted = {
        "live token": live.plaintext,
        "token in small letters": live.plaintext.lower(),
        "secret": SECRET,
        "invisible": "\u3164",
        "overridden": "a\u202eb",
    }[kind]
    fields = form_of(browser.get(address))
    before = everything_stored().count(b"\n")

    response = browser.post(address, fields | {field: [pasted]})

    text = response.content.decode()
    assert response.status_code == 422
    assert f'href="#id_{field}"' in text
    if kind in {"live token", "token in small letters", "secret"}:
        assert "Never write one down here" in text
        for where in (text, str(response.headers), caplog.text, everything_stored().decode(errors="replace")):
            assert pasted not in where
    assert everything_stored().count(b"\n") == before


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/password/reset/"])
def test_t69_a_token_in_place_of_a_user_name_is_told_and_not_repeated(
    client: Client, alice: User, application: TrustedApplication, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    caplog.set_level(logging.DEBUG)
    live = issued_pat(alice, application).plaintext
    text = client.post(address, {"login": live, "password": "a wrong password"}).content.decode()
    assert "This is a token. Never write one down here" in text
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
    TrustedApplication.objects.update(application_uri="com.example/excel")
    pasted = issued_pat(alice, application).plaintext if secret == "live" else secret
    with pytest.raises(CommandError, match="Never write one down here") as refused:
        call_command(*[part.format(pasted) for part in command])
    assert pasted not in str(refused.value)
    assert pasted not in everything_stored().decode(errors="replace")


def test_t69_a_link_that_carries_a_token_fills_in_nothing(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    live = issued_pat(alice, application).plaintext
    text = alice_client.get("/profile/security/tokens/new/", {"description": live}).content.decode()
    assert "The description in the link was left out: This is a token." in text
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
        f"/manage/security/groups/{group.pk}/members/add/", {"member": live}
    ).content.decode()
    assert "This is a token" in text
    assert live not in text


def passkey_made(person: User) -> int:
    """The id of a passkey of this person."""
    passkey_of(person)
    return int(factor(person, PASSKEY).pk)


def forms_of_ours() -> Iterator[type[forms.BaseForm]]:
    """Every form that is declared anywhere in the apps."""
    for app in OUR_APPS:
        package = importlib.import_module(app)
        for module in pkgutil.walk_packages(package.__path__, f"{app}."):
            if ".management." in module.name or ".migrations" in module.name:
                continue
            for one in vars(importlib.import_module(module.name)).values():
                if isinstance(one, type) and issubclass(one, forms.BaseForm) and one.__module__ == module.name:
                    yield one


FIELDS = {
    f"{form.__module__}.{form.__name__}.{name}": field
    for form in forms_of_ours()
    for name, field in form.base_fields.items()
    if name not in SECRET_FIELDS
} | {"accounts.sign_in.forms.SignInForm.login": SignInForm().fields["login"]}
TEXT_FIELDS = {
    name: field
    for name, field in FIELDS.items()
    if isinstance(field, forms.CharField) and not isinstance(field, forms.UUIDField)
}
ANSWERING_FIELDS = {name: field for name, field in FIELDS.items() if not any(form in name for form in FILTERS)}


def refusal(field: Any, text: Any) -> ValidationError | None:
    try:
        field.clean(text) if isinstance(field, forms.Field) else field.clean(text, None)
    except ValidationError as refused:
        return refused
    return None


@pytest.mark.once
@pytest.mark.parametrize("name", TEXT_FIELDS)
def test_t69_every_text_field_of_every_form_refuses_a_secret_and_comes_back_empty(name: str) -> None:
    field = TEXT_FIELDS[name]
    for secret in (TOKEN, TOKEN.lower(), SECRET):
        refused = refusal(field, secret)
        assert refused is not None
        assert "Never write one down here" in str(refused)
        assert isinstance(field, NotRepeated)
        assert field.bound_data(secret, None) == ""
    if isinstance(field, LineField):
        assert refusal(field, "a\u202eb") is not None


def test_there_are_text_fields_to_try() -> None:
    assert len(TEXT_FIELDS) > 25


@pytest.mark.parametrize("name", ANSWERING_FIELDS)
def test_t69_no_field_of_any_form_repeats_a_secret_in_what_it_says_of_it(name: str) -> None:
    field = ANSWERING_FIELDS[name]
    takes_several = isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField)
    for secret in (TOKEN, SECRET):
        assert secret not in str(refusal(field, [secret] if takes_several else secret))


COLUMNS = {
    f"{model.__name__}.{column.name}": column
    for app in OUR_APPS
    for model in apps.get_app_config(app).get_models()
    for column in model._meta.fields
    if isinstance(column, models.CharField | models.TextField) and column.editable and not column.choices
}


@pytest.mark.once
@pytest.mark.parametrize("name", COLUMNS)
def test_t69_every_stored_text_refuses_a_secret_but_those_that_the_service_writes_itself(name: str) -> None:
    assert (refusal(COLUMNS[name], TOKEN) is None) is (name in WRITTEN_BY_THE_SERVICE)


OPTIONS = [
    (name, option.option_strings[:1])
    for name, app in sorted(get_commands().items())
    if app in OUR_APPS
    for ours in [load_command_class(str(app), name)]
    if isinstance(ours, Command)
    for option in ours.create_parser("manage.py", name)._actions
    if option.nargs != 0
]


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_t69_no_argument_of_any_command_of_ours_takes_or_repeats_a_secret(
    command: Runner, name: str, option: list[str]
) -> None:
    for secret in (TOKEN, TOKEN.lower(), SECRET):
        outcome = command(name, *option, secret)
        assert outcome.is_one_line_of_refusal
        assert "Never write one down here" in outcome.stderr
        assert secret not in outcome.stderr


# Whatever the pages of the sites read from an address.
PARAMETERS = re.findall(
    r"\w+",
    "q owner application scope state kind sort after before member system_user days token description expires_at "
    "scopes next packed back from owners owners_search applications_search system_user_search groups_search "
    "application_search format seen version request_key replaces overlap theme code email name username reason number",
)


def addresses_of_pages(patterns: list[Any], before: str = "/") -> Iterator[str]:
    """The addresses of all pages, with what varies in them in angle brackets."""
    for one in patterns:
        address = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from addresses_of_pages(one.url_patterns, address)
        else:
            yield address


@pytest.mark.once
@pytest.mark.parametrize("secret", [TOKEN, SECRET], ids=["token", "secret"])
def test_t37_no_page_repeats_a_secret_that_stands_in_its_address(
    alice: User, administrator: User, application: TrustedApplication, secret: str
) -> None:
    ids = {
        "user_id": alice.pk,
        "application_id": application.pk,
        "group_id": Group.objects.create(name="Team").pk,
        "server_id": ResourceServerFactory.create().pk,
        "token_id": issued_pat(alice, application).token.pk,
        "factor_id": passkey_made(give_password(alice)),
        "device_id": another_device(alice).pk,
    }
    browsers, repeated = {"manage": signed_in(administrator)}, []
    for pattern in sorted(set(addresses_of_pages(get_resolver().url_patterns))):
        address = re.sub(r"<\w+:(\w+)>", lambda part: str(ids.get(part[1], secret)), pattern)
        site = address.split("/")[1]
        browser = browsers.setdefault(site, signed_in(alice))
        answers = [one.get(address, dict.fromkeys(PARAMETERS, secret)) for one in (browser, Client())]
        if any(secret in f"{answer.headers} {answer.content.decode()}" for answer in answers):
            repeated.append(pattern)
    assert len(browsers) > 2
    assert repeated == []
