"""Whoever somebody calls themselves: their user name stands beside it wherever somebody else reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver
from django.utils import timezone

from accounts.models import User
from instance_manager import urls
from reference_tokens.models import ReferenceToken
from tests.factories import (
    ApplicationFactory,
    ResourceServerFactory,
    UserFactory,
    alter,
    another_device,
    issued_pat,
    issued_sat,
)
from tests.pages import form_of

pytestmark = pytest.mark.django_db
ASSUMED = "Ada Admin"
# The name, but for where the user name follows it, in brackets or in the line below, and where it is changed.
ALONE = re.compile(rf'[^.]{{0,60}}(?<! value="){ASSUMED}(?!(?:[\s(]|<[^>]*>)*(?:mallory|robot)\b)[^.]{{0,30}}')
USERS = "/manage/security/users/"


@pytest.fixture
def mallory() -> User:
    return UserFactory.create(username="mallory", name=ASSUMED, email="mallory@example.com")


@pytest.fixture
def values(mallory: User, administrator: User) -> dict[str, Any]:
    """What the addresses of the site name, all of it mallory's or of a System User that is called so."""
    robot = UserFactory.create(username="robot", name=ASSUMED, system=True)
    application = ApplicationFactory.create(system_user=robot)
    application.owners.add(mallory)
    group = Group.objects.create(name="Team")
    mallory.groups.add(group)
    token = issued_pat(mallory, application).token
    alter(token, issuer=mallory)
    for column, verb in (("revoked", "revocation"), ("suspended", "suspension")):
        other = issued_sat(application).token
        alter(other, **{f"{column}_at": timezone.now(), f"{column}_by": mallory, f"{verb}_source": "manage"})
    return {
        "user_id": mallory.pk,
        "application_id": application.pk,
        "group_id": group.pk,
        "server_id": ResourceServerFactory.create().pk,
        "token_id": token.pk,
        "device_id": another_device(mallory).pk,
    }


def addresses(values: dict[str, Any], patterns: Iterable[object], before: str) -> Iterator[str]:
    """Those of the site whose every part is known."""
    for pattern in patterns:
        assert isinstance(pattern, URLPattern | URLResolver)
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(values, pattern.url_patterns, path)
        elif "<" not in (address := re.sub(r"<\w+:(\w+)>", lambda part: str(values.get(part[1], part[0])), path)):
            yield address


def test_no_page_of_the_instance_manager_names_anybody_else_without_their_user_name(
    values: dict[str, Any], administrator_client: Client
) -> None:
    robot = User.objects.get(username="robot")
    more = [f"{USERS}{robot.pk}/{act}" for act in ("", "edit/", "deactivate/", "delete/")]
    more += [f"/manage/security/tokens/{token.pk}/" for token in ReferenceToken.objects.all()]
    more += [f"/manage/security/tokens/?owner=mallory&state={state}" for state in ("ended", "suspended")]
    more += [f"/manage/choices/owners/?owners_search=ada&owners={values['user_id']}"]
    alone, named = {}, 0
    for address in [*addresses(values, urls.urlpatterns, "/manage/"), *more]:
        text = administrator_client.get(address).content.decode()
        named += ASSUMED in text
        if found := ALONE.findall(text):
            alone[address] = found
    assert alone == {}
    assert named > 20


ACTS = [
    "invite-again/",
    "make-administrator/",
    "unmake-administrator/",
    "edit/",
    "reset-second-factors/",
    "devices/end-all/",
    "deactivate/",
    "reactivate/",
]


@pytest.mark.parametrize("act", ACTS)
def test_what_was_done_to_somebody_is_told_with_their_user_name(
    mallory: User, administrator_client: Client, act: str
) -> None:
    address = f"{USERS}{mallory.pk}/{act}"
    asked = administrator_client.get(address, follow=True)
    fields = form_of(asked, address) if asked.redirect_chain == [] else {}
    text = administrator_client.post(address, fields, follow=True).content.decode()
    assert f"{ASSUMED} (mallory)" in text
    assert ALONE.findall(text) == []
