"""Every form that edits what there is, with what somebody else changes meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group

from accounts.models import User
from reference_tokens.models import ResourceServer, Webhook
from tests.factories import made_applications, webhook_made
from tests.second_factors import factor, passkey_of
from trusted_apps.models import TrustedApplication

MANAGE = "/manage/security/"


@dataclass
class Form:
    """A form that two people have open: what each of them types, and what the other one is told then."""

    address: str
    stored: Callable[[], Any]
    typed: dict[str, list[str]]
    theirs: dict[str, list[str]]
    told: str
    # Whose form it is, where it is no administrator's; the other one then is the same person in another window.
    own: User | None = None
    their_address: str = ""
    # A field that does not take every text.
    text: str = "name"


def only(model: Any, pk: Any, *columns: str) -> Callable[[], Any]:
    """What is stored of a row now."""
    return lambda: model.objects.filter(pk=pk).values_list(*columns).get()


def of_an_application(theirs: dict[str, list[str]], told: str) -> Callable[[], Form]:
    def form() -> Form:
        pk = made_applications().get().pk
        stored = only(TrustedApplication, pk, "description", "access_tokens_policy", "is_enabled", "system_user")
        typed = {"description": ["Sheets"]}
        return Form(f"{MANAGE}trusted-apps/{pk}/edit/", stored, typed, theirs, told)

    return form


def of_a_server() -> Form:
    pk = ResourceServer.objects.get().pk
    stored = only(ResourceServer, pk, "name", "is_enabled", "shares_profile")
    told = "Enabled No changed by Olga (olga)"
    return Form(f"{MANAGE}resource-servers/{pk}/edit/", stored, {"shares_profile": ["on"]}, {"is_enabled": []}, told)


def of_a_webhook() -> Form:
    webhook, _secret = webhook_made(description="Chat")
    told = "Events token.expired changed by Olga (olga)"
    return Form(
        f"{MANAGE}webhooks/{webhook.pk}/edit/",
        only(Webhook, webhook.pk, "types", "description"),
        {"description": ["Log"]},
        {"types": ["token.expired"]},
        told,
        text="description",
    )


def of_a_person() -> Form:
    pk = User.objects.get(username="alice").pk
    theirs = {"email": ["new@example.com"]}
    told = "E-mail address new@example.com changed by Olga (olga)"
    return Form(f"{MANAGE}users/{pk}/edit/", only(User, pk, "name", "email"), {"name": ["Alicia"]}, theirs, told)


def of_a_member() -> Form:
    pk, group = User.objects.get(username="alice").pk, Group.objects.get()
    return Form(
        f"{MANAGE}users/{pk}/edit/",
        only(User, pk, "name", "groups"),
        {"name": ["Alicia"]},
        {"members": [str(pk)]},
        "Groups Data changed by Olga (olga)",
        their_address=f"{MANAGE}groups/{group.pk}/members/add/",
    )


def of_a_system_user() -> Form:
    pk = User.objects.get(kind="SYSTEM").pk
    typed, theirs, told = {"username": ["robot"]}, {"name": ["Robot"]}, "Name Robot changed by Olga (olga)"
    return Form(f"{MANAGE}users/{pk}/edit/", only(User, pk, "name", "username"), typed, theirs, told)


def of_a_group() -> Form:
    pk = Group.objects.get().pk
    told = "Name Numbers changed by Olga (olga)"
    return Form(
        f"{MANAGE}groups/{pk}/edit/", only(Group, pk, "name"), {"name": ["Figures"]}, {"name": ["Numbers"]}, told
    )


def of_oneself() -> Form:
    alice = User.objects.get(username="alice")
    stored = only(User, alice.pk, "name", "time_zone")
    typed, theirs = {"time_zone": ["Europe/Berlin"]}, {"name": ["Alice L."]}
    told, by = "Name Alice L. changed by Olga (olga)", f"{MANAGE}users/{alice.pk}/edit/"
    return Form("/profile/edit/", stored, typed, theirs, told, alice, their_address=by, text="time_zone")


def of_a_passkey() -> Form:
    alice = User.objects.get(username="alice")
    address = f"/profile/security/second-factors/{passkey_of(alice, name='Old').stored_as}/rename/"
    told = "Name Telephone changed by Alice (alice)"

    def stored() -> Any:
        return factor(alice, "webauthn").data["name"]

    return Form(address, stored, {"name": ["Key ring"]}, {"name": ["Telephone"]}, told, alice)


FORMS: dict[str, Callable[[], Form]] = {
    "application, disabled": of_an_application({"is_enabled": []}, "Enabled No changed by Olga (olga)"),
    "application, closed": of_an_application(
        {"access_tokens_policy": ["None"]}, "AccessTokens policy None changed by Olga (olga)"
    ),
    "application, no System User": of_an_application({"system_user": [""]}, "System User Empty changed by Olga (olga)"),
    "Resource Server": of_a_server,
    "webhook": of_a_webhook,
    "person": of_a_person,
    "person, taken into a group": of_a_member,
    "System User": of_a_system_user,
    "group": of_a_group,
    "personal info": of_oneself,
    "passkey": of_a_passkey,
}
