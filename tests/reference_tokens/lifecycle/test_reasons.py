"""What the service says of a revocation or suspension is said in the language of whoever reads it, not of who acted."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone, translation
from pytest_django.fixtures import Settings

from accounts.audit.record import Actor, Source
from accounts.mailed_links.invitations import invite_person
from accounts.models import AuditEvent, User
from accounts.outbox.delivery import send_due_mails
from reference_tokens.lifecycle.offboarding import deactivate_with_tokens, delete_with_tokens
from reference_tokens.lifecycle.rotation import end_old_value
from reference_tokens.maintenance.housekeeping import do_housekeeping
from reference_tokens.models import ReferenceToken
from reference_tokens.policy.change import ImpactChoices, change_application
from reference_tokens.policy.impact import ApplicationChange, impact_of
from tests.command_line import Runner
from tests.factories import UserFactory, alter, issued_pat, issued_sat, rotated
from tests.introspection import revoke
from tests.languages import TRANSLATED, reads_german, second_language
from tests.pages import form_of, text_of
from tests.stored import everything_stored
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
CLOSED = "The application's AccessTokens policy became None"


@pytest.fixture(autouse=True)
def german() -> Iterator[None]:
    with second_language():
        yield


@pytest.fixture
def alice(db: None) -> User:
    return UserFactory.create(username="alice", email="alice@example.com")


def tighten(administrator: User, application: TrustedApplication, **values: Any) -> None:
    """Change the application as an administrator who reads German, and revoke what it forbids."""
    reads_german(administrator)
    now, actor = timezone.now(), Actor.person(administrator, Source.MANAGE)
    before, after = (TrustedApplication.objects.get(pk=application.pk) for _ in range(2))
    for name, value in values.items():
        setattr(after, name, value)
    choices = ImpactChoices(
        impact_of(ApplicationChange(before, after, now)).seen, revokes_outside=True, revokes_without_scopes=True
    )
    with translation.override("de"):
        change_application(actor=actor, application_id=application.pk, now=now, choices=choices, owners=None, **values)


def exported(client: Client, file_format: str) -> list[dict[str, str]]:
    """The ended tokens, as a file has them."""
    response = client.post("/manage/security/tokens/export/", {"state": "ended", "format": file_format})
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    return list(csv.DictReader(lines)) if file_format == "csv" else [json.loads(line) for line in lines]


def test_the_holder_reads_their_own_language_where_who_acted_reads_another(
    alice: User, administrator: User, alice_client: Client, administrator_client: Client, application: Any
) -> None:
    token = issued_pat(alice, application).token
    tighten(administrator, application, access_tokens_policy="None")
    for page in ("/profile/security/tokens/?state=ended", f"/profile/security/tokens/{token.pk}/"):
        assert CLOSED in text_of(alice_client.get(page))
        assert f"{TRANSLATED}{CLOSED}" not in text_of(alice_client.get(page))
    page = f"/manage/security/tokens/{token.pk}/"
    # As a fact of the token, and in its record.
    assert text_of(administrator_client.get(page)).count(f"{TRANSLATED}{CLOSED}") == 2


def test_a_mail_gives_the_reason_in_the_language_of_its_reader(
    alice: User, administrator: User, application: TrustedApplication
) -> None:
    issued_pat(alice, application)
    tighten(administrator, application, access_tokens_policy="None")
    send_due_mails()
    assert f"Reason: {CLOSED}" in str(mail.outbox[0].body)


def test_the_question_about_resuming_speaks_the_language_of_who_is_asked(
    alice: User, administrator: User, administrator_client: Client, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application).token
    alter(token, suspended_at=timezone.now(), suspension_reason="90", suspension_code="unused")
    page = f"/manage/security/tokens/{token.pk}/resume/"
    assert "Reason of the suspension: Not used for 90 days" in text_of(administrator_client.get(page))
    reads_german(administrator)
    assert f"{TRANSLATED}Not used for 90 days" in text_of(administrator_client.get(page))


def test_files_and_commands_give_one_text_whoever_asks(
    alice: User,
    administrator: User,
    administrator_client: Client,
    application: TrustedApplication,
    command: Runner,
) -> None:
    token = issued_pat(alice, application).token
    alter(token, suspended_at=timezone.now(), suspension_reason="90", suspension_code="unused")
    tighten(administrator, application, access_tokens_policy="None")
    rows = [row for name in ("csv", "jsonl") for row in exported(administrator_client, name)]
    given = {(row["suspension_reason"], row["revocation_reason"]) for row in rows}
    assert given == {("Not used for 90 days", CLOSED)}
    with translation.override("de"):
        listed = command("list_tokens", "--state", "revoked", "--json").json["tokens"]
    assert [row["revocation_reason"] for row in listed] == [CLOSED]


@pytest.mark.parametrize("typed", ["user_deactivated", "The user was deactivated"])
def test_what_an_administrator_types_is_no_code(
    alice: User, alice_client: Client, administrator_client: Client, application: TrustedApplication, typed: str
) -> None:
    token = issued_pat(alice, application).token
    reads_german(alice)
    administrator_client.post(f"/manage/security/tokens/{token.pk}/revoke/", {"reason": typed})
    words = text_of(alice_client.get(f"/profile/security/tokens/{token.pk}/"))
    assert words.count(typed) == 2
    assert f"{TRANSLATED}{typed}" not in words
    assert AuditEvent.objects.get(action="token:revoke").details == {"reason": typed}


def test_what_an_earlier_release_stored_is_shown_as_it_is(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application).token
    alter(token, revoked_at=timezone.now(), revocation_source="manage", revocation_reason="Der Nutzer wurde gelöscht")
    assert "Der Nutzer wurde gelöscht" in text_of(alice_client.get(f"/profile/security/tokens/{token.pk}/"))


GIVEN_BY_THE_SERVICE = {
    "application_policy",
    "application_scopes",
    "not_seen",
    "replaced",
    "resource_server",
    "token_itself",
    "unused",
    "user_deactivated",
    "user_deleted",
}


def create_twice(client: Client, application: TrustedApplication) -> None:
    """The form of a new token sent twice, and the first value given up as not seen."""
    address = "/profile/security/tokens/new/"
    form = form_of(client.get(address))
    form |= {"application": [str(application.pk)], "scopes": ["read"], "expires": ["7"]}
    client.post(address, form)
    client.post(address, form_of(client.post(address, form)))


def suspend_idle_token(holder: User, application: TrustedApplication) -> None:
    """A token that was warned about long ago, at the next housekeeping."""
    now = timezone.now()
    alter(issued_pat(holder, application).token, issued_at=now - 90 * DAY, unused_warned_at=now - 20 * DAY)
    do_housekeeping(now=now)


def end_tokens_by_leaving_and_tightening(
    administrator: User, application: TrustedApplication, people: list[User]
) -> None:
    """Tokens of two who leave, then of one after the other rule of the application."""
    actor, now = Actor.person(administrator, Source.MANAGE), timezone.now()
    ways: list[Callable[..., object]] = [partial(deactivate_with_tokens, revokes_tokens=True), delete_with_tokens]
    for person, leave in zip(people[:2], ways, strict=True):
        issued_pat(person, application)
        leave(actor=actor, user=person, now=now)
    for scope in ("read", "update"):
        issued_pat(people[2], application, scopes=[scope])
    tighten(administrator, application, scopes=("update",))
    tighten(administrator, application, access_tokens_policy="None")


def test_nothing_is_stored_in_the_language_of_who_acted(
    client: Client,
    server: Any,
    alice: User,
    administrator: User,
    alice_client: Client,
    administrator_client: Client,
    application: TrustedApplication,
    settings: Settings,
) -> None:
    settings.UNUSED_SUSPEND_DAYS = 30
    actor = Actor.person(administrator, Source.MANAGE)
    server.may_revoke = True
    server.save()
    now = timezone.now()
    people = [UserFactory.create(username=f"p{number}") for number in range(4)]
    reads_german(alice, administrator, *people)
    with translation.override("de"):
        # By whoever holds the token, and by a Resource Server.
        held, asked = issued_pat(alice, application), issued_pat(alice, application)
        client.delete("/api/token", headers={"x-api-key": held.plaintext})
        revoke(client, server, asked.plaintext)
        # By a form that is sent twice.
        create_twice(alice_client, application)
        # By rotations.
        rotated(issued_pat(alice, application).token, timedelta(0))
        old = rotated(issued_sat(application).token).token.replaces
        assert old
        end_old_value(actor=actor, old=old, now=now)
        # By the service.
        suspend_idle_token(people[0], application)
        # By who leaves, and by changes of the application.
        end_tokens_by_leaving_and_tightening(administrator, application, people[1:])
        # And what is no reason: mails, invitations, an export.
        invite_person(actor=actor, username="carol", email="carol@example.com", now=now)
        assert exported(administrator_client, "csv")
    codes = {*ReferenceToken.objects.values_list("revocation_code", "suspension_code")}
    assert {code for pair in codes for code in pair} >= GIVEN_BY_THE_SERVICE
    # With letters behind the mark: the random bytes of a digest may hold the mark itself.
    assert re.findall(TRANSLATED.encode() + rb"[\w ]{3}", everything_stored()) == []
