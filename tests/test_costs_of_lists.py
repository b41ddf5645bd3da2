"""What a list costs does not grow with its rows: neither the templates that are rendered nor the queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.signals import template_rendered
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import DailyUse
from tests.factories import (
    ApplicationFactory,
    ResourceServerFactory,
    UserFactory,
    alter,
    another_device,
    issued_pat,
    issued_sat,
    webhook_made,
)
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

MOST_QUERIES = 8
# From the first number on rows say all that they ever say; with it, a list also has what stands above it.
FEW, MANY = 4, 16


@contextmanager
def counted() -> Iterator[list[str]]:
    """What is rendered, by name, and the statements that are sent, in the block."""
    found: list[str] = []

    def note_template(template: Any, **_told: Any) -> None:
        found.append(f"template {template.name}")

    def note_statement(execute: Callable[..., Any], sql: str, *others: Any) -> Any:
        found.append(f"query {sql}")
        return execute(sql, *others)

    template_rendered.connect(note_template)
    try:
        with connection.execute_wrapper(note_statement):
            yield found
    finally:
        template_rendered.disconnect(note_template)


def cost(client: Client, path: str) -> tuple[int, int]:
    """How many templates, and how many queries, the page takes once its session is known."""
    assert client.get(path).status_code == 200
    with counted() as found:
        client.get(path)
    return sum(each.startswith("template ") for each in found), sum(each.startswith("query ") for each in found)


def token_of_any_kind(user: User, number: int) -> None:
    """A token with everything that a row can say: scopes, uses, a holder, and each kind of badge among several."""
    application = TrustedApplication.objects.get(application_uri="com.example/excel")
    token = issued_pat(user, application, scopes=["read", "update"][: 1 + number % 2]).token
    now = timezone.now()
    if number % 3:
        alter(token, last_used_at=now, last_used_address="192.0.2.1")
        DailyUse.objects.create(token=token, day=now.date(), accepted=number)
    if number % 4 == 1:
        alter(token, expires_at=None)
    if number % 4 == 2:
        alter(token, issued_at=now - timedelta(days=9), expires_at=now + timedelta(days=2))


def application_of_robot() -> TrustedApplication:
    """The application of the System User "robot", who is created with the first token."""
    robot = User.objects.filter(username="robot").first() or UserFactory.create(username="robot", system=True)
    application, _is_new = TrustedApplication.objects.update_or_create(
        application_uri="com.example/excel", defaults={"system_user": robot}
    )
    return application


LISTS: dict[str, tuple[str, Callable[[User, int], Any]]] = {
    "my tokens": ("/profile/security/tokens/", token_of_any_kind),
    "all tokens": ("/manage/security/tokens/", token_of_any_kind),
    "tokens of a System User, outside policy": (
        "/manage/security/tokens/?state=outside_policy&owner=robot",
        lambda _user, _number: alter(issued_sat(application_of_robot()).token, expires_at=None),
    ),
    "ended tokens": (
        "/manage/security/tokens/?state=ended",
        lambda user, _number: alter(
            issued_pat(user, TrustedApplication.objects.get(application_uri="com.example/excel")).token,
            revoked_at=timezone.now(),
            revoked_by=user,
        ),
    ),
    "service tokens": (
        "/manage/security/tokens/?kind=SAT",
        lambda _user, _number: issued_sat(TrustedApplication.objects.get(application_uri="com.example/excel")),
    ),
    "users": ("/manage/security/users/", lambda _user, _number: UserFactory.create()),
    "groups": ("/manage/security/groups/", lambda _user, number: Group.objects.create(name=f"Group {number}")),
    "applications": ("/manage/security/trusted-apps/", lambda _user, _number: ApplicationFactory.create()),
    "servers": (
        "/manage/security/resource-servers/",
        lambda _user, _number: ResourceServerFactory.create(last_asked_at=timezone.now()),
    ),
    "webhooks": (
        "/manage/security/webhooks/",
        lambda _user, number: webhook_made(f"https://hooks.example.com/{number}"),
    ),
    "devices": ("/profile/devices/", lambda user, _number: another_device(user)),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_row_more_costs_no_template_and_no_query(
    administrator: User, administrator_client: Client, application: TrustedApplication, name: str
) -> None:
    path, add_row = LISTS[name]
    for number in range(FEW):
        add_row(administrator, number)
    renders, queries = cost(administrator_client, path)
    for number in range(FEW, MANY):
        add_row(administrator, number)
    assert cost(administrator_client, path) == (renders, queries)
    assert queries <= MOST_QUERIES
