"""User names as identity providers give them work everywhere, and stand encoded in addresses and headers (PEO-1)."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import User
from tests.command_line import Runner
from tests.factories import UserFactory, issued_pat
from tests.pages import LOGIN_URL, give_password, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db
NAMES = ["a+b@example.com", "guest_example.com#EXT#@tenant"]


@pytest.mark.parametrize("name", NAMES)
def test_they_are_created_by_command_and_sign_in(command: Runner, name: str) -> None:
    password = "correct horse battery staple"
    assert command("create_user", name, "--password-stdin", stdin=f"{password}\n").status == 0
    client = Client()
    assert client.post(LOGIN_URL, {"login": name.upper(), "password": password}).status_code == 302
    assert name in text_of(client.get("/profile/"))


@pytest.mark.parametrize("name", NAMES)
def test_they_are_invited_and_found(administrator_client: Client, name: str) -> None:
    form = {"username": name, "email": "new@example.com"}
    assert administrator_client.post("/manage/security/users/invite/", form).status_code == 302
    found = administrator_client.get("/manage/security/users/", {"q": name})
    assert name in text_of(found)


@pytest.mark.parametrize(
    ("name", "encoded"),
    [("a+b@example.com", "a%2Bb%40example.com"), (NAMES[1], "guest_example.com%23EXT%23%40tenant")],
)
def test_t29_the_header_carries_them_encoded(
    client: Client, application: TrustedApplication, name: str, encoded: str
) -> None:
    issued = issued_pat(give_password(UserFactory.create(username=name)), application)
    answer = client.get("/auth/forward", headers={"Authorization": f"Bearer {issued.plaintext}"})
    assert answer.headers["X-Auth-Username"] == encoded


@pytest.mark.parametrize("name", ["a b", "a/b", "a?b", "a%b", "a&b", "é", "a\n", ""])
def test_the_database_takes_no_other_character(name: str, alice: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=alice.pk).update(username=name)
