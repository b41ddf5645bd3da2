"""A user's page: what it tells, and what it costs."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.audit.record import Actor, Source
from accounts.models import User
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, UserFactory, another_device, issued_pat, issued_sat
from tests.instance_manager.users.addresses import LIST, page_of
from tests.introspection import Statements
from tests.pages import HTMX, give_password, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def test_a_persons_page_tells_what_there_is_to_know(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    alice.groups.add(Group.objects.create(name="Data"))
    application.owners.add(alice)
    Authenticator.objects.create(user=alice, type=Authenticator.Type.TOTP, data={})
    issued_pat(alice, application, description="Laptop")
    another_device(alice)
    words = text_of(administrator_client.get(page_of(alice)))
    assert "Alice alice" in words
    assert "Kind Person State Active" in words
    assert "E-mail address alice@example.com" in words
    assert "Second factors Authenticator app" in words
    assert "Owner of Excel" in words
    assert "Groups Data" in words
    assert f"Id (sub) {alice.pk}" in words
    assert "Laptop enrt_" in words
    assert "1 session" in words
    assert "Firefox" in words
    assert "Last events" in words


def test_a_system_users_page_tells_which_applications_use_it(
    administrator_client: Client, application: TrustedApplication
) -> None:
    robot = application.system_user
    assert robot
    issued_sat(application, description="Nightly")
    response = administrator_client.get(page_of(robot))
    words = text_of(response)
    assert "Kind System User State Active" in words
    assert "Used by Excel" in words
    assert "Nightly enrt_" in words
    assert f'href="/manage/security/trusted-apps/{application.pk}/"' in response.content.decode()
    assert "Devices where this person is signed in" not in words
    assert "Make administrator" not in words
    assert "Delete user" not in words


def test_a_person_of_whom_little_is_known_has_a_whole_page(alice: User, administrator_client: Client) -> None:
    words = text_of(administrator_client.get(page_of(alice)))
    assert "E-mail address None Last sign-in Never Last seen No active sessions Second factors None" in words
    assert "Owner of No application Groups None" in words
    assert "No tokens yet Tokens that this person issues" in words
    assert "No active sessions Browsers" in words
    assert "Nothing yet" in words
    assert "Send" not in words.partition("Tokens")[0]


def test_an_unused_system_user_says_so(administrator_client: Client) -> None:
    words = text_of(administrator_client.get(page_of(UserFactory.create(system=True))))
    assert "Used by No application" in words
    assert "No tokens yet Service access tokens" in words


def test_the_page_says_that_somebody_is_inactive(administrator_client: Client) -> None:
    words = text_of(administrator_client.get(page_of(UserFactory.create(inactive=True))))
    assert "This user is inactive" in words
    assert "Reactivate" in words
    assert "Make administrator" not in words


def test_the_page_of_a_deleted_person_offers_nothing(alice: User, administrator_client: Client) -> None:
    User.objects.filter(pk=alice.pk).update(
        deleted_at=timezone.now(), is_active=False, username="deleted-1", name="", email=""
    )
    words = text_of(administrator_client.get(page_of(alice)))
    assert "Deleted user deleted-1" in words
    assert "This user was deleted" in words
    for offer in ("Edit user", "Deactivate", "Reactivate", "Delete user"):
        assert offer not in words


def test_peo2_the_buttons_of_the_last_administrator_are_disabled_with_the_reason(
    administrator: User, administrator_client: Client
) -> None:
    content = administrator_client.get(page_of(administrator)).content.decode()
    assert content.count('disabled aria-describedby="last-administrator"') == 3
    assert "This is the last administrator who can sign in." in content
    give_password(UserFactory.create(administrator=True))
    content = administrator_client.get(page_of(administrator)).content.decode()
    assert "last-administrator" not in content
    assert "Remove administrator rights" in content


def test_the_last_events_are_told_in_words_the_newest_first(
    alice: User, administrator: User, administrator_client: Client, application: TrustedApplication
) -> None:
    for _ in range(11):
        issued_pat(alice, application)
    revoke_token(
        actor=Actor.person(alice, Source.PROFILE),
        token_id=ReferenceToken.objects.all()[0].pk,
        now=timezone.now(),
        reason="Lost it",
    )
    administrator_client.post(f"{page_of(alice)}make-administrator/")
    words = text_of(administrator_client.get(page_of(alice))).partition("Last events")[2]
    assert words.index("Made an administrator") < words.index("Token revoked Lost it")
    assert "Ada (ada) Instance Manager 127.0.0.1" in words
    assert "Alice (alice) Profile" in words


def test_the_page_costs_the_same_however_much_there_is(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    def queries() -> int:
        with Statements() as statements:
            assert administrator_client.get(page_of(alice)).status_code == 200
        return len([sql for sql in statements.sql if sql.startswith("SELECT")])

    alice.groups.add(Group.objects.create(name="G0"))
    issued_pat(alice, application)
    another_device(alice)
    administrator_client.post(f"{page_of(alice)}make-administrator/")
    another_device(alice)
    before = queries()
    for number in range(1, 6):
        alice.groups.add(Group.objects.create(name=f"G{number}"))
        issued_pat(alice, ApplicationFactory.create())
        another_device(alice)
    assert queries() == before <= 24


def test_what_a_person_or_a_system_user_cannot_have_is_not_asked_for(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    def tables(user: User) -> str:
        with Statements() as statements:
            administrator_client.get(page_of(user))
        return " ".join(sql for sql in statements.sql if not sql.startswith('SELECT "accounts_user"'))

    robot = UserFactory.create(system=True)
    assert "usersessions" in tables(alice)
    assert "mfa_authenticator" in tables(alice)
    assert '"system_user_id" = ' not in tables(alice)
    assert "usersessions" not in tables(robot)
    assert "mfa_authenticator" not in tables(robot)


def test_a_token_revoked_from_here_brings_the_list_of_this_page(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application, description="Laptop").token
    issued_pat(alice, ApplicationFactory.create(), description="Elsewhere")
    address = f"/manage/security/tokens/{token.pk}/revoke/"
    assert address in administrator_client.get(page_of(alice)).content.decode()
    here = HTMX | {"HX-Current-URL": f"http://testserver{page_of(alice)}"}
    words = text_of(administrator_client.post(address, {"reason": ""}, headers=here))
    assert "Laptop was revoked." in words
    assert "Elsewhere enrt_" in words
    nobodys = HTMX | {"HX-Current-URL": f"http://testserver{LIST}{token.pk}/"}
    assert "Elsewhere" not in text_of(administrator_client.post(address, {"reason": ""}, headers=nobodys))
