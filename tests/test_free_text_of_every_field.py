"""T69: no field, column or argument that takes free text is left out; T37: no page repeats a secret."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import get_commands, load_command_class
from django.db import models
from django.test import Client
from django.urls import URLResolver, get_resolver

from accounts.commands import Command
from accounts.models import User
from accounts.sign_in.forms import SignInForm
from accounts.text.free_text import LineField, NotRepeated
from tests.command_line import Runner
from tests.factories import ResourceServerFactory, another_device, delivery_made, issued_pat
from tests.pages import give_password, signed_in
from tests.pasted_secrets import SECRET, TOKEN, passkey_made
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


OUR_APPS = ("accounts", "trusted_apps", "reference_tokens", "instance_manager", "profile_site")
# What is a secret itself, or made by programs: by what the field is called, in any form.
SECRET_FIELDS = {"password", "new_password", "credential", "secret"}
# Texts that nobody types: what is written there is made, or was checked, by the service itself.
WRITTEN_BY_THE_SERVICE = {
    "FenceLine.text",
    "OutboxEntry.content",
    "Notice.cause",
    "ReferenceToken.scopes",
    "RepeatableAnswer.content",
    "TokenScopes.terms",
    "TokenText.text",
    "TokenUse.recent_sources",
    "User.password",
}


def forms_of_ours() -> Iterator[Any]:
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
        assert "Do not enter" in str(refused)
        assert isinstance(field, NotRepeated)
        assert field.bound_data(secret, None) == ""
    if isinstance(field, LineField):
        assert refusal(field, "a\u202eb") is not None


def test_there_are_text_fields_to_try() -> None:
    assert len(TEXT_FIELDS) > 25


@pytest.mark.parametrize("name", FIELDS)
def test_t69_no_field_of_any_form_repeats_a_secret_in_what_it_says_of_it(name: str) -> None:
    field = FIELDS[name]
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
        assert "Do not enter" in outcome.stderr
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
    delivery = delivery_made()
    ids = {
        "user_id": alice.pk,
        "application_id": application.pk,
        "group_id": Group.objects.create(name="Team").pk,
        "server_id": ResourceServerFactory.create().pk,
        "token_id": issued_pat(alice, application).token.pk,
        "factor_id": passkey_made(give_password(alice)),
        "device_id": another_device(alice).pk,
        "webhook_id": delivery.webhook_id,
        "message_id": delivery.message_id,
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
