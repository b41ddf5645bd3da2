"""T10: every role, every object and every door by which somebody reaches a token or a thing by its id."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client

from accounts.models import AuditEvent, User
from reference_tokens.management_api.openapi import described
from reference_tokens.models import ReferenceToken, ResourceServerSecret, WebhookDelivery
from tests.factories import (
    ApplicationFactory,
    ResourceServerFactory,
    UserFactory,
    alter,
    delivery_made,
    issued_pat,
    issued_sat,
    rotated,
)
from tests.introspection import revoke
from tests.pages import signed_in
from tests.reference_tokens.management_api.conftest import EVERY_SCOPE, Program
from tests.reference_tokens.management_api.test_authentication import PARAMETER
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.once, pytest.mark.django_db]

OBJECTS = ("token", "old value", "suspended token", "service access token")
ROLES = ("nobody", "stranger", "holder", "owner", "administrator", "former administrator")
# What a door answers whom it lets in, and whom it does not; by id, of a token.
PAGES = {
    "/profile/security/tokens/{}/": ("GET", {"holder"}),
    "/profile/security/tokens/{}/rename/": ("POST", {"holder"}),
    "/profile/security/tokens/{}/rotate/": ("POST", {"holder"}),
    "/profile/security/tokens/{}/end/": ("POST", {"holder"}),
    "/profile/security/tokens/{}/revoke/": ("POST", {"holder"}),
    "/manage/security/tokens/{}/": ("GET", {"administrator"}),
    "/manage/security/tokens/{}/rename/": ("POST", {"administrator"}),
    "/manage/security/tokens/{}/rotate/": ("POST", {"administrator"}),
    "/manage/security/tokens/{}/end/": ("POST", {"administrator"}),
    "/manage/security/tokens/{}/revoke/": ("POST", {"administrator"}),
    "/manage/security/tokens/{}/suspend/": ("POST", {"administrator"}),
    "/manage/security/tokens/{}/resume/": ("POST", {"administrator"}),
}
CALLS = {
    "/me/tokens/{}": ("GET", "PATCH"),
    "/me/tokens/{}/rotate": ("POST",),
    "/me/tokens/{}/revoke": ("POST",),
    "/tokens/{}": ("GET", "PATCH"),
    "/tokens/{}/rotate": ("POST",),
    "/tokens/{}/revoke": ("POST",),
    "/tokens/{}/suspend": ("POST",),
    "/tokens/{}/resume": ("POST",),
}
# What each of them may be sent; the first two a description.
BODIES: dict[str, Any] = {
    "{}": {"description": "theirs"},
    "rotate": {},
    "revoke": {"reason": "Left"},
    "suspend": {"reason": "Left"},
    "resume": {},
}


@pytest.fixture
def people(alice: User, bob: User, administrator: User, application: TrustedApplication) -> dict[str, User]:
    """Who comes: alice holds the tokens, an owner of the application has a hand in its service access tokens alone."""
    owner = UserFactory.create(username="olga")
    application.owners.add(owner)
    former = UserFactory.create(username="former", is_administrator=False)
    everybody = {"stranger": bob, "holder": alice, "owner": owner}
    return everybody | {"administrator": administrator, "former administrator": former}


@pytest.fixture
def objects(alice: User, application: TrustedApplication) -> dict[str, ReferenceToken]:
    """A token of each kind, all of alice or of the application."""
    old = issued_pat(alice, application).token
    rotated(old)
    suspended = issued_pat(alice, application).token
    alter(suspended, suspended_at=suspended.issued_at)
    tokens = (issued_pat(alice, application).token, old, suspended, issued_sat(application).token)
    return dict(zip(OBJECTS, tokens, strict=True))


def state() -> Any:
    """Every column of every token, and how much was recorded."""
    return list(ReferenceToken.objects.order_by("pk").values()), AuditEvent.objects.count()


@pytest.mark.parametrize("role", ROLES)
def test_t10_a_page_about_a_token_is_there_for_whom_it_is_meant(
    people: dict[str, User], objects: dict[str, ReferenceToken], role: str
) -> None:
    browser = signed_in(people[role], by_factor=True) if role in people else Client()
    before = state()
    for what, (page, (method, roles)) in product(OBJECTS, PAGES.items()):
        # A service access token belongs to nobody's profile.
        if role in roles and not (page.startswith("/profile") and what == "service access token"):
            continue
        address = page.format(objects[what].pk)
        answer = browser.generic(method, address)
        refused = 302 if role == "nobody" else 403 if page.startswith("/manage") else 404
        assert answer.status_code == refused, (what, page, answer.status_code)
        assert objects[what].hint not in answer.content.decode()
        assert state() == before, (what, page)


@pytest.mark.parametrize("what", OBJECTS)
@pytest.mark.parametrize(("role", "site"), [("holder", "profile"), ("administrator", "manage")])
def test_t10_whom_it_is_meant_for_sees_and_ends_it(
    people: dict[str, User], objects: dict[str, ReferenceToken], role: str, site: str, what: str
) -> None:
    if (role, what) == ("holder", "service access token"):
        pytest.skip("it is nobody's own")
    browser, address = signed_in(people[role]), f"/{site}/security/tokens/{objects[what].pk}/"
    assert objects[what].hint in browser.get(address).content.decode()
    assert browser.get(f"{address}revoke/").status_code == 200
    assert ReferenceToken.objects.get(pk=objects[what].pk).revoked_at is None
    assert browser.post(f"{address}revoke/").status_code == 302
    assert ReferenceToken.objects.get(pk=objects[what].pk).revoked_at


@pytest.mark.parametrize("role", [*ROLES[1:], "automation"])
def test_t10_a_call_about_a_token_answers_whom_it_is_meant_for(
    management_api: TrustedApplication,
    people: dict[str, User],
    objects: dict[str, ReferenceToken],
    role: str,
) -> None:
    issued = issued_pat(people[role], management_api, scopes=EVERY_SCOPE) if role in people else None
    program = Program((issued or issued_sat(management_api, scopes=EVERY_SCOPE)).plaintext)
    before, calls = state(), [(method, path) for path, methods in CALLS.items() for method in methods]
    for what, (method, path) in product(OBJECTS, calls):
        is_own = path.startswith("/me") and role == "holder" and what != "service access token"
        is_anybodys = path.startswith("/tokens") and role in {"administrator", "automation"}
        if is_own or is_anybodys:
            continue
        answer = program.call(method, path.format(objects[what].pk), BODIES[path.rpartition("/")[2]], If_Match="*")
        assert answer.status_code == (404 if path.startswith("/me") else 403), (what, method, path, answer.content)
        assert objects[what].hint not in answer.content.decode()
        assert state() == before, (what, method, path)


@pytest.mark.parametrize("role", ["holder", "administrator", "automation"])
def test_t10_a_call_ends_what_it_is_meant_for(
    management_api: TrustedApplication, people: dict[str, User], objects: dict[str, ReferenceToken], role: str
) -> None:
    issued = issued_pat(people[role], management_api, scopes=EVERY_SCOPE) if role in people else None
    program = Program((issued or issued_sat(management_api, scopes=EVERY_SCOPE)).plaintext)
    for what in OBJECTS if role != "holder" else OBJECTS[:-1]:
        path = f"{'/me' if role == 'holder' else ''}/tokens/{objects[what].pk}"
        assert program.get(path).json()["id"] == str(objects[what].pk)
        assert program.post(f"{path}/revoke", {"reason": "Left"}).status_code in {200, 204}
        assert ReferenceToken.objects.get(pk=objects[what].pk).revoked_at


def test_t10_a_resource_server_ends_no_token_of_an_application_that_is_not_its_own(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    issued, other = issued_pat(alice, application), ResourceServerFactory.create(asks_for_all_applications=False)
    other.applications.add(ApplicationFactory.create())
    before = state()
    answer = revoke(client, other, issued.plaintext)
    assert (answer.status_code, answer.content) == (400, revoke(client, other, "enrt_nonsense").content)
    assert state() == before


# --- Every call of the management API, with the ids of what there is -------------------------------------------------


def calls_on(things: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Every call that changes or reads the instance: its method, its address, and its scope."""
    return [
        (method.upper(), PARAMETER.sub(lambda name: str(things[name[1]]), path.removeprefix("/api/v1")), scope)
        for path, operations in described()["paths"].items()
        for method, operation in operations.items()
        if (scope := operation["security"][0]["token"][0]).startswith("instance:")
    ]


@pytest.fixture
def things(alice: User, application: TrustedApplication, server: Any, objects: dict[str, ReferenceToken]) -> Any:
    """What stands in an address in place of each parameter."""
    delivery: WebhookDelivery = delivery_made()
    group = Group.objects.create(name="Data")
    alice.groups.add(group)
    return {
        "application_id": application.pk,
        "group_id": group.pk,
        "user_id": alice.pk,
        "server_id": server.pk,
        "secret_id": ResourceServerSecret.objects.get(server=server).pk,
        "name": "update",
        "token_id": objects["service access token"].pk,
        "webhook_id": delivery.webhook_id,
        "delivery_id": delivery.message_id,
    }


@pytest.mark.parametrize("role", ["stranger", "holder", "owner", "former administrator"])
def test_t10_the_instance_is_closed_to_everybody_but_administrators(
    management_api: TrustedApplication, people: dict[str, User], things: Any, role: str
) -> None:
    program = Program(issued_pat(people[role], management_api, scopes=EVERY_SCOPE).plaintext)
    before = state()
    asked = calls_on(things)
    for method, path, _scope in asked:
        answer = program.call(method, path, {} if method in {"POST", "PATCH"} else None, If_Match="*")
        assert answer.status_code == 403, (method, path)
    assert len(asked) > 50
    assert state() == before


def test_t10_every_call_finds_what_there_is_for_an_administrator(
    management_api: TrustedApplication, people: dict[str, User], things: Any
) -> None:
    program = Program(issued_pat(people["administrator"], management_api, scopes=EVERY_SCOPE).plaintext)
    for method, path, _scope in calls_on(things):
        with transaction.atomic():
            answer = program.call(method, path, {} if method in {"POST", "PATCH"} else None, If_Match="*")
            transaction.set_rollback(True)
        assert answer.status_code in {200, 201, 202, 204, 409, 422}, (method, path, answer.content)
