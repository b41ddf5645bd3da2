"""The page, the form and the to-do of the built-in application of the management API (API-2)."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from reference_tokens.lists.application_states import ApplicationState, applications_in_state
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory
from tests.pages import text_of
from trusted_apps.built_in import MANAGEMENT_API_URI, MANAGEMENT_SCOPES
from trusted_apps.models import TrustedApplication

LIST = "/manage/security/trusted-apps/"


@pytest.fixture
def built_in(db: None) -> TrustedApplication:
    return TrustedApplication.objects.get(application_uri=MANAGEMENT_API_URI)


def page(client: Client, application: TrustedApplication) -> str:
    return text_of(client.get(f"{LIST}{application.pk}/"))


def test_api2_its_page_says_what_its_tokens_open(administrator_client: Client, built_in: TrustedApplication) -> None:
    words = page(administrator_client, built_in)
    assert "http://localhost:8000/api/v1/" in words
    for scope in MANAGEMENT_SCOPES:
        assert scope in words
    for text in (
        "Do all that the Instance Manager can do",
        "hold only while that person is an administrator",
        "keep all their scopes when people leave",
        "OpenAPI document",
    ):
        assert text in words
    content = administrator_client.get(f"{LIST}{built_in.pk}/").content.decode()
    assert 'href="/api/v1/openapi.json"' in content


def test_api2_its_page_says_what_to_do_first(administrator_client: Client, built_in: TrustedApplication) -> None:
    words = page(administrator_client, built_in)
    assert "To do first" in words
    assert "Choose an AccessTokens policy" in words
    assert "Choose a System User, as which" in words
    built_in.access_tokens_policy = "AdministratorsOnly"
    built_in.save()
    words = page(administrator_client, built_in)
    assert "Choose an AccessTokens policy" not in words
    assert "Choose a System User, as which" in words
    built_in.system_user = UserFactory.create(system=True)
    built_in.save()
    assert "To do first" not in page(administrator_client, built_in)


def test_the_page_of_another_application_says_nothing_of_it(
    administrator_client: Client, application: TrustedApplication
) -> None:
    assert "What its tokens open" not in page(administrator_client, application)


def test_api2_its_form_lacks_what_is_fixed(administrator_client: Client, built_in: TrustedApplication) -> None:
    content = administrator_client.get(f"{LIST}{built_in.pk}/edit/").content.decode()
    for name in ("application_uri", "scopes", "allows_self_rotation"):
        assert f'name="{name}"' not in content
    assert 'name="access_tokens_policy"' in content


def test_api2_its_form_opens_it_and_keeps_the_rest(administrator_client: Client, built_in: TrustedApplication) -> None:
    robot = UserFactory.create(system=True)
    sent = {
        "name": "Management API",
        "access_tokens_policy": "AdministratorsOnly",
        "system_user": str(robot.pk),
        "is_enabled": "on",
        # What the form does not have is not read.
        "application_uri": "com.example/other",
        "scopes": ["read"],
        "allows_self_rotation": "on",
    }
    assert administrator_client.post(f"{LIST}{built_in.pk}/edit/", sent).status_code == 302
    built_in.refresh_from_db()
    assert (built_in.access_tokens_policy, built_in.system_user) == ("AdministratorsOnly", robot)
    assert (built_in.application_uri, built_in.allows_self_rotation) == (MANAGEMENT_API_URI, False)
    assert set(built_in.scopes) == MANAGEMENT_SCOPES


def test_api2_no_other_form_offers_its_scopes(administrator_client: Client, application: TrustedApplication) -> None:
    server = ResourceServerFactory.create()
    for address in (
        f"{LIST}new/",
        f"{LIST}{application.pk}/edit/",
        f"/manage/security/resource-servers/{server.pk}/edit/",
    ):
        content = administrator_client.get(address).content.decode()
        assert 'value="read"' in content
        assert not [scope for scope in MANAGEMENT_SCOPES if scope in content]


def test_while_it_is_closed_nobody_has_to_own_it(db: None, built_in: TrustedApplication) -> None:
    def without_owner() -> set[TrustedApplication]:
        return set(applications_in_state(ApplicationState.NO_OWNER, timezone.now()))

    other = ApplicationFactory.create(closed=True)
    assert without_owner() == {other}
    built_in.access_tokens_policy = "AdministratorsOnly"
    built_in.save()
    assert without_owner() == {other, built_in}


def test_tok6_the_form_of_its_tokens_says_what_each_scope_means(
    alice: User, alice_client: Client, built_in: TrustedApplication
) -> None:
    built_in.access_tokens_policy = "AuthenticatedUsers"
    built_in.save()
    words = text_of(alice_client.get("/profile/security/tokens/new/", {"application": str(built_in.pk)}))
    for scope, text in {
        "self:read": "See one's own tokens",
        "instance:write": "Do all that the Instance Manager can do",
    }.items():
        assert f"{scope} {text}" in words.replace("&#x27;", "'")
