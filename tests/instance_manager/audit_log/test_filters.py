"""The filters of the audit log: by whom, about what, how, from where and when; each stands in the address (AUD-3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.record import Actor, Source, Target
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.revocation import revoke_tokens
from reference_tokens.log import concerning
from reference_tokens.models import ReferenceToken, ResourceServer
from tests.factories import ApplicationFactory, UserFactory, issued_pat
from tests.instance_manager.audit_log.entries import LOG, NOW, entry, found, words
from tests.pages import TOKEN
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def numbers(**conditions: Any) -> list[int]:
    """The numbers of entries, the newest first."""
    return list(AuditEvent.objects.filter(**conditions).order_by("-seq").values_list("seq", flat=True))


def test_a_person_is_found_as_who_acted_and_as_what_was_acted_on(
    administrator_client: Client, alice: User, bob: User
) -> None:
    by_her = entry(actor=Actor.person(alice, Source.PROFILE), target=Target.user(alice.pk)).seq
    to_her = entry("user:deactivate", Target.user(alice.pk), actor=Actor.person(bob, Source.MANAGE)).seq
    entry(actor=Actor.person(bob, Source.PROFILE), target=Target.user(bob.pk))
    for text in ("alice", "ALICE", str(alice.pk)):
        assert found(administrator_client, person=text) == [to_her, by_her]
    assert "Person: Alice (alice)" in words(administrator_client, person="alice")


def test_a_part_of_a_name_finds_all_who_have_it_and_offers_them(administrator_client: Client) -> None:
    people = [UserFactory.create(username=f"till{number}", name=f"Till {number}") for number in range(2)]
    seqs = [entry(target=Target.user(person.pk)).seq for person in people]
    entry(target=Target.user(UserFactory.create().pk))
    assert found(administrator_client, person="TILL") == seqs[::-1]
    page = administrator_client.get(LOG, {"person": "till", "source": "command"}).content.decode()
    assert 'href="?person=till0&amp;source=command"' in page
    assert "2 were found." in page


def test_an_application_is_found_with_its_tokens(
    administrator_client: Client, alice: User, application: TrustedApplication
) -> None:
    other = ApplicationFactory.create()
    tokens = [issued_pat(alice, one).token for one in (application, application, other)]
    revoke_tokens(
        actor=Actor.person(alice, Source.PROFILE),
        tokens=ReferenceToken.objects.filter(application=application),
        chosen_by={},
        now=timezone.now(),
    )
    changed = entry("application:update", Target("application", str(application.pk))).seq
    revoked, *issued = [changed - 1, *numbers(target_id__in=[str(token.pk) for token in tokens[:2]])]
    for text in (application.application_uri, str(application.pk), application.name.upper()):
        assert found(administrator_client, application=text) == [changed, revoked, *issued]


def test_an_application_of_many_tokens_is_found_in_the_same_way(
    administrator_client: Client, alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued_pat(alice, ApplicationFactory.create())
    for _number in range(2):
        issued_pat(alice, application)
    entry("resource_server:create", Target("resource_server", "rs_7"))
    entry("group:create", Target("group", "7"))
    few = found(administrator_client, application=application.application_uri)
    monkeypatch.setattr(concerning, "MOST_TOLD", 1)
    assert len(few) == 2
    assert found(administrator_client, application=application.application_uri) == few


def test_a_token_is_found_with_what_it_did_and_what_was_done_to_many(
    administrator_client: Client, alice: User, application: TrustedApplication
) -> None:
    token, other = (issued_pat(alice, application).token for _number in range(2))
    by_itself = entry("token:revoke", Target("token", str(other.pk)), actor=Actor(Source.API, "token", str(token.pk)))
    revoke_tokens(
        actor=Actor.person(alice, Source.PROFILE),
        tokens=ReferenceToken.objects.filter(pk=token.pk),
        chosen_by={},
        now=timezone.now(),
    )
    issued = numbers(target_id=str(token.pk))
    assert found(administrator_client, token=str(token.pk)) == [by_itself.seq + 1, by_itself.seq, *issued]
    assert f"Token: {token.display_name}" in words(administrator_client, token=str(token.pk))


def test_a_token_that_is_gone_is_found_by_its_id(administrator_client: Client) -> None:
    pk = "0b0e7a4e-0000-4000-8000-000000000007"
    event = entry("token:revoke", Target("token", pk))
    assert found(administrator_client, token=pk) == [event.seq]
    assert f"Token: {pk}" in words(administrator_client, token=pk)


def test_a_resource_server_is_found_by_its_id(administrator_client: Client, server: ResourceServer) -> None:
    asked = entry("token:revoke", Target("token", ""), actor=Actor(Source.API, "resource_server", server.client_id))
    changed = entry("resource_server:update", Target("resource_server", server.client_id))
    entry()
    assert found(administrator_client, server=server.client_id)[:2] == [changed.seq, asked.seq]
    assert f"Resource Server: {server.name}" in words(administrator_client, server=server.client_id)


def test_actions_sources_and_addresses(administrator_client: Client) -> None:
    door = Actor(Source.API, "anonymous", address="2001:db8::1")
    first, second = entry("group:create", Target("group", "1"), actor=door).seq, entry("group:create").seq
    third = entry("group:delete", actor=door).seq
    assert found(administrator_client, action="group:create") == [second, first]
    assert found(administrator_client, source="api") == [third, first]
    assert found(administrator_client, address="2001:DB8:0::1") == [third, first]
    assert found(administrator_client, action="group:create", source="api", address="2001:db8::1") == [first]
    said = words(administrator_client, action="group:create", source="api", address="2001:db8::1")
    for chip in ("Group created", "API", "Address: 2001:db8::1"):
        assert chip in said


def test_time_is_from_an_instant_on_and_before_another(administrator_client: Client) -> None:
    seqs = [entry(at=NOW + timedelta(minutes=minute)).seq for minute in range(0, 60, 15)]
    asked = {"since": "2027-01-31T12:15", "until": "2027-01-31T12:45"}
    assert found(administrator_client, **asked) == [seqs[2], seqs[1]]
    assert found(administrator_client, since="2027-01-31T12:30") == [seqs[3], seqs[2]]
    assert found(administrator_client, until="2027-01-31") == []
    assert "From 31 Jan 2027, 12:15 UTC" in words(administrator_client, **asked)


def test_times_are_utc_whatever_clock_the_person_reads(administrator: User, administrator_client: Client) -> None:
    User.objects.filter(pk=administrator.pk).update(time_zone="Asia/Tokyo")
    seq = entry(at=NOW).seq
    assert found(administrator_client, since="2027-01-31T12:00", until="2027-01-31T12:01") == [seq]


def test_an_entry_that_was_written_late_is_found_by_its_own_instant(administrator_client: Client) -> None:
    entry(at=NOW)
    late = entry(at=NOW - timedelta(minutes=5)).seq
    entry(at=NOW + timedelta(hours=1))
    assert found(administrator_client, until="2027-01-31T12:00") == [late]
    assert found(administrator_client, since="2027-01-31T11:55", until="2027-01-31T11:56") == [late]


def test_a_clock_that_was_put_back_hides_nothing(administrator_client: Client) -> None:
    seqs = [entry(at=NOW + timedelta(minutes=minute)).seq for minute in (0, 20)]
    entry(at=NOW - timedelta(days=60))
    entry(at=NOW + timedelta(days=60))
    assert found(administrator_client, since="2027-01-31T12:00", until="2027-01-31T12:30") == seqs[::-1]


def test_several_filters_are_all_asked(administrator_client: Client, alice: User, bob: User) -> None:
    to_her = entry("group:create", Target.user(alice.pk), actor=Actor(Source.API, "resource_server", "rs_1")).seq
    entry("group:create", Target.user(bob.pk), actor=Actor(Source.API, "resource_server", "rs_1"))
    entry("group:create", Target.user(alice.pk))
    assert found(administrator_client, server="rs_1", person="alice", action="group:create") == [to_her]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("since", "yesterday"),
        ("until", "0001-01-01T00:00"),
        ("since", "9999-12-31T23:59"),
        ("action", "group:x"),
        ("source", "door"),
        ("address", "7"),
        ("person", "a" * 200),
        ("application", "a\0b"),
    ],
)
def test_a_value_that_is_not_understood_counts_as_not_set_and_is_said(
    administrator_client: Client, name: str, value: str
) -> None:
    entry()
    assert len(found(administrator_client, **{name: value})) == 1
    assert "is not valid and was ignored" in words(administrator_client, **{name: value})


def test_t37_a_token_in_the_address_is_taken_out_of_it(
    administrator_client: Client, alice: User, application: TrustedApplication
) -> None:
    value = issued_pat(alice, application).plaintext
    for name in ("token", "person", "application"):
        response = administrator_client.get(LOG, {name: value, "source": "api"})
        assert response.headers["Location"] == f"{LOG}?source=api"
        assert not TOKEN.search(response.content.decode())


def test_each_chip_leads_to_the_log_without_it(administrator_client: Client) -> None:
    page = administrator_client.get(LOG, {"person": "nobody", "source": "api", "since": "2027-01-31"}).content.decode()
    for without in ("?source=api&amp;since=2027-01-31T00%3A00", "?person=nobody&amp;source=api"):
        assert f'href="{without}"' in page
