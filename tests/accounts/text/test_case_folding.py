"""Text is found and compared whatever the case of its letters, on both databases (TXT-1)."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from accounts.people.groups import create_group, rename_group
from accounts.text.case_folding import folded
from reference_tokens.lifecycle.resource_server_registration import create_resource_server, update_resource_server
from tests.factories import ApplicationFactory, UserFactory, issued_pat
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db
PAIRS = [
    ("Überwachung", "überwachung"),
    ("überwachung", "ÜBERWACHUNG"),
    ("Überwachung", "u\u0308berw"),
    ("Straße", "STRASSE"),
    ("ОТДЕЛ", "отдел"),
    ("Ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ"),
    ("Laptop", "lAPTOP"),
    ("100% _ sure", "0% _ S"),
]


@pytest.mark.parametrize(("written", "sought"), PAIRS)
def test_every_search_finds_any_case(
    alice: User, administrator_client: Client, application: TrustedApplication, written: str, sought: str
) -> None:
    issued_pat(alice, application, description=f"{written} token")
    UserFactory.create(name=f"{written} person")
    ApplicationFactory.create(name=f"{written} program")
    for page, what in (("tokens", "token"), ("users", "person"), ("trusted-apps", "program")):
        address = f"/manage/security/{page}/"
        assert f"{written} {what}" in administrator_client.get(address, {"q": sought}).content.decode()
        assert f"{written} {what}" not in administrator_client.get(address, {"q": f"{sought} not"}).content.decode()


@pytest.mark.parametrize(("name", "same"), [("Überwachung", "überwachung"), ("Team", "TEAM"), ("Straße", "STRASSE")])
def test_a_name_that_must_be_unique_is_so_in_any_case(name: str, same: str) -> None:
    now = timezone.now()
    group = create_group(actor=OPERATOR, name=name, now=now)
    other = create_group(actor=OPERATOR, name="other", now=now)
    server, _secret = create_resource_server(actor=OPERATOR, name=name, now=now, asks_for_all_applications=True)
    with pytest.raises(ValidationError, match="Another group has this name"):
        create_group(actor=OPERATOR, name=same, now=now)
    with pytest.raises(ValidationError, match="Another group has this name"):
        rename_group(actor=OPERATOR, group_id=other.pk, name=same, now=now)
    with pytest.raises(ValidationError, match="Another Resource Server has this name"):
        create_resource_server(actor=OPERATOR, name=same, now=now, asks_for_all_applications=True)
    assert rename_group(actor=OPERATOR, group_id=group.pk, name=same, now=now)
    changed = update_resource_server(actor=OPERATOR, server_id=server.pk, now=now, applications=[], name=same)
    assert changed.name == same


@pytest.mark.once
def test_nothing_folds_to_nothing() -> None:
    assert (folded(None), folded(""), folded("A"), folded("Ä")) == (None, "", "a", "ä")
