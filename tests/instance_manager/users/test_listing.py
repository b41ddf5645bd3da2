"""Users: the list, its search and filters, and its pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from accounts.models import Invitation, User
from reference_tokens.lists import capped_count
from tests.factories import UserFactory, invitation_link, issued_pat, issued_sat
from tests.introspection import Statements
from tests.pages import text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

LIST = "/manage/security/users/"


def names_on(client: Client, address: str) -> list[str]:
    return re.findall(r'<a class="token-name" [^>]*><bdi>(.*?)</bdi>', client.get(address).content.decode())


def links_on(client: Client, address: str) -> dict[str, str]:
    found = re.findall(
        r'<a class="button compact[^>]* href="([^"]*)" rel="(\w+)"', client.get(address).content.decode()
    )
    return {rel: LIST + href.replace("&amp;", "&") for href, rel in found}


def row_of(client: Client, name: str) -> str:
    rows = re.findall(r"<tr role=\"row\">.*?</tr>", client.get(LIST).content.decode(), re.DOTALL)
    [row] = [row for row in rows if f"<bdi>{name}</bdi></a>" in row]
    return " ".join(re.sub(r"<[^>]*>", " ", row).split())


def test_a_row_says_who_it_is_and_how_many_tokens_are_theirs(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com", last_login=timezone.now() - timedelta(days=3))
    issued_pat(alice, application)
    issued_pat(alice, application)
    issued_sat(application)
    row = row_of(administrator_client, "Alice")
    assert row.startswith("Alice alice No second factor alice@example.com 3 days ago")
    assert row.endswith(" 2")
    assert application.system_user
    robot = row_of(administrator_client, application.system_user.display_name)
    assert re.search(r"System User None Cannot sign in 1$", robot)
    assert f'href="{LIST}{alice.pk}/"' in administrator_client.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("columns", "badge"),
    [
        ({"is_administrator": True}, "Administrator No second factor"),
        ({"is_active": False}, "Inactive"),
        ({}, "No second factor"),
    ],
)
def test_a_badge_says_what_there_is_to_know(
    alice: User, administrator_client: Client, columns: dict[str, bool], badge: str
) -> None:
    User.objects.filter(pk=alice.pk).update(**columns)
    assert f"Alice alice {badge} None" in row_of(administrator_client, "Alice")


def test_who_is_invited_and_whose_link_has_expired_is_seen(alice: User, administrator_client: Client) -> None:
    invitation_link(alice)
    assert "Alice alice Invited None Never" in row_of(administrator_client, "Alice")
    Invitation.objects.update(invited_at=timezone.now() - Invitation.LIFETIME)
    assert "Alice alice Invitation expired None" in row_of(administrator_client, "Alice")


def test_a_second_factor_needs_no_badge(alice: User, administrator_client: Client) -> None:
    Authenticator.objects.create(user=alice, type=Authenticator.Type.WEBAUTHN, data={})
    assert "Alice alice None Never" in row_of(administrator_client, "Alice")


def test_the_deleted_are_not_listed(alice: User, administrator_client: Client) -> None:
    User.objects.filter(pk=alice.pk).update(deleted_at=timezone.now())
    assert names_on(administrator_client, LIST) == ["Ada"]


def test_the_filters_stand_in_the_address_and_are_shown(alice: User, administrator_client: Client) -> None:
    address = f"{LIST}?q=a&kind=administrator&state=active"
    assert names_on(administrator_client, address) == ["Ada"]
    content = administrator_client.get(address).content.decode()
    assert '<option value="administrator" selected>' in content
    assert '<option value="active" selected>' in content
    assert "Clear filters" in content


def test_filtered_to_nothing_says_so(administrator_client: Client) -> None:
    words = text_of(administrator_client.get(LIST, {"q": "nobody"}))
    assert "No user matches" in words
    assert "Clear filters" in words


@pytest.mark.parametrize(
    "query", ["q=%00", "q=%ff", "q=" + "x" * 3000, "kind=x", "state=%00", "after=%00", "after=x", "kind=person&kind=x"]
)
def test_t65_a_strange_address_is_no_server_error(administrator_client: Client, query: str) -> None:
    assert administrator_client.get(f"{LIST}?{query}").status_code == 200


def test_t41_what_was_searched_for_and_what_people_are_called_stands_escaped(administrator_client: Client) -> None:
    UserFactory.create(name="<script>x</script>")
    content = administrator_client.get(LIST, {"q": '"><script>x'}).content.decode()
    assert "<script>x" not in content
    assert "<script>x" not in administrator_client.get(LIST).content.decode()


def test_the_pages_walk_everybody_once_and_keep_the_filters(administrator_client: Client) -> None:
    UserFactory.create_batch(70)
    address, seen = f"{LIST}?kind=person", []
    while address:
        seen += names_on(administrator_client, address)
        address = links_on(administrator_client, address).get("next", "")
        assert not address or "kind=person" in address
    assert len(seen) == len(set(seen)) == 71
    assert "71 users" in text_of(administrator_client.get(LIST))


def test_the_count_stops_at_its_limit(
    alice: User, administrator_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capped_count, "COUNT_LIMIT", 1)
    assert "1+ users" in text_of(administrator_client.get(LIST))


def test_a_full_page_costs_eight_queries(administrator_client: Client, application: TrustedApplication) -> None:
    for person in UserFactory.create_batch(51):
        issued_pat(person, application)
    with Statements() as statements:
        assert len(names_on(administrator_client, LIST)) == 50
    assert len([sql for sql in statements.sql if sql.startswith("SELECT")]) <= 8


def test_people_are_invited_and_system_users_created_from_here(administrator_client: Client) -> None:
    content = administrator_client.get(LIST).content.decode()
    assert f'href="{LIST}invite/"' in content
    assert "Invite User" in content
    assert f'href="{LIST}new-system-user/"' in content
    assert f'<a class="nav-item" href="{LIST}" aria-current="page">' in content


@pytest.mark.parametrize(
    ("expired", "said", "leads_to"),
    [(0, "2 people 1 is inactive", LIST), (1, "2 people 1 invitation expired", f"{LIST}?state=invited")],
)
def test_the_start_page_counts_people_and_says_first_whose_invitation_expired(
    administrator_client: Client, expired: int, said: str, leads_to: str
) -> None:
    user = UserFactory.create(inactive=not expired)
    if expired:
        invitation_link(user)
        Invitation.objects.update(invited_at=timezone.now() - Invitation.LIFETIME)
    response = administrator_client.get("/manage/")
    assert said in re.sub(r"\s*<[^>]*>\s*", " ", response.content.decode()).replace("  ", " ")
    assert f'class="card tile" href="{leads_to}"' in response.content.decode()
