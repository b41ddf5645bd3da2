"""What entries are about, by name and with a page: each app finds its own."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.audit.targets import NamedTarget, named_targets
from accounts.models import User
from tests.factories import issued_pat
from tests.introspection import Statements
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def named(target_type: str, target_id: object) -> NamedTarget:
    (target,) = named_targets([(target_type, str(target_id))]).values()
    return target


def test_each_target_has_its_name_and_a_page_that_an_administrator_can_open(
    alice: User, application: TrustedApplication, server: Any, administrator_client: Client
) -> None:
    group = Group.objects.create(name="Finance")
    token = issued_pat(alice, application).token
    targets = {
        "application": (application.pk, "Trusted Application", application.name),
        "group": (group.pk, "Group", "Finance"),
        "resource_server": (server.client_id, "Resource Server", server.name),
        "token": (token.pk, "Access token", token.display_name),
        "user": (alice.pk, "User", "Alice (alice)"),
    }
    for target_type, (pk, kind, name) in targets.items():
        target = named(target_type, pk)
        assert (target.kind, target.name) == (kind, name)
        assert administrator_client.get(target.path).status_code == 200


def test_tok11_a_deleted_user_is_not_named(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(deleted_at=timezone.now())
    assert named("user", alice.pk).name == "Deleted user"


@pytest.mark.parametrize(
    ("target_type", "target_id", "kind"),
    [
        ("token", uuid.UUID(int=7), "Access token"),
        ("user", "", "User"),
        ("revocation", uuid.UUID(int=7), "Access tokens"),
        ("instance", "", "This instance"),
        ("planet", "Mars", "planet"),
    ],
)
def test_what_is_gone_has_no_page_or_is_of_another_version_is_told_by_its_kind(
    target_type: str, target_id: object, kind: str
) -> None:
    assert named(target_type, target_id) == NamedTarget(kind)


def test_the_targets_of_many_entries_cost_one_query_for_each_kind(alice: User, bob: User) -> None:
    targets = [*(("user", str(person.pk)) for person in (alice, bob, alice)), ("group", "7")]
    with Statements() as statements:
        assert len(named_targets(targets)) == 3
    assert len(statements.sql) == 2
