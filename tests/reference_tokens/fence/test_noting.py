"""Every act that ends or issues something leaves a line in the fence just before its commit (RUN-5)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR, Target, record_event
from accounts.audit.registry import registered_actions
from accounts.people.administrators import make_administrator, remove_administrator_rights
from accounts.people.deactivation import deactivate_user, reactivate_user
from accounts.sessions.devices import end_all_devices
from reference_tokens.fence import noting
from reference_tokens.fence.lines import Line, Word, instant_text, line_text, name_of, read_line
from reference_tokens.fence.place import fence
from reference_tokens.lifecycle.offboarding import delete_with_tokens
from reference_tokens.lifecycle.resource_server_registration import (
    delete_resource_server,
    rotate_secret,
    update_resource_server,
)
from reference_tokens.lifecycle.revocation import revoke_token, revoke_tokens
from reference_tokens.lifecycle.shortening import shorten_tokens
from reference_tokens.lifecycle.suspension import resume_token, resume_tokens, suspend_tokens, suspend_with_old_values
from reference_tokens.models import FenceLine, ReferenceToken, ResourceServerSecret
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory, issued_pat, rotated
from tests.reference_tokens.fence.fences import in_file, written
from trusted_apps.registration import update_application

pytestmark = pytest.mark.django_db(transaction=True)

# What an older copy of the database brings back of these opens nothing: reading, trying, asking, and words.
REVIVES_NOTHING = {
    *("audit_log:accept", "audit_log:export", "audit_log:prune", "audit_log:sign"),
    *("factor:rename", "instance:backup", "instance:restore"),
    *("token:check", "token:export", "token:rename", "webhook:repeat", "webhook:test"),
    *("user:ask_email_change", "user:ask_password_reset", "user:attempts_limited", "user:invite"),
    *("user:sign_in", "user:sign_in_failed"),
    # The tokens are revoked by an entry of its own, or noted by the function that shortens them.
    *("leak:report", "token:shorten_many"),
}


@pytest.fixture(autouse=True)
def file(settings: Any, tmp_path: Path) -> Path:
    return in_file(settings, tmp_path)


def test_run5_every_action_is_noted_or_revives_nothing() -> None:
    noted = {*noting.OF_ONE, *noting.OF_MANY, *noting.BY_DETAILS, *noting.CHANGES}
    assert noted.isdisjoint(REVIVES_NOTHING)
    assert {*registered_actions()} - noted == REVIVES_NOTHING


def test_run5_what_happens_to_tokens_is_noted() -> None:
    person, application, now = UserFactory.create(), ApplicationFactory.create(), timezone.now()
    one, two, three = (issued_pat(person, application).token for _number in range(3))
    assert written() == [("token-issued", str(token.pk), "") for token in (one, two, three)]
    both = ReferenceToken.objects.filter(pk__in=[one.pk, two.pk])
    suspend_with_old_values(actor=OPERATOR, token_id=one.pk, now=now)
    resume_token(actor=OPERATOR, token_id=one.pk, now=now)
    suspend_tokens(actor=OPERATOR, tokens=both, chosen_by={}, now=now)
    one.refresh_from_db()
    assert one.suspension_id
    resume_tokens(actor=OPERATOR, tokens=both, batch_id=one.suspension_id, now=now)
    end = now + timedelta(days=1)
    shorten_tokens(actor=OPERATOR, tokens=both, target=Target("shortening", "1"), expires_at=end, now=now)
    at_once, later = rotated(one, timedelta(0)).token, rotated(two).token
    two.refresh_from_db()
    assert two.expires_at
    revoke_token(actor=OPERATOR, token_id=three.pk, now=now)
    revoke_tokens(actor=OPERATOR, tokens=ReferenceToken.objects.filter(pk=later.pk), chosen_by={}, now=now)
    ids = sorted([str(one.pk), str(two.pk)])
    lines = written()[3:]
    assert lines[:2] == [("token-suspended", str(one.pk), ""), ("token-resumed", str(one.pk), "")]
    assert sorted(lines[2:4]) == [("token-suspended", pk, "") for pk in ids]
    assert sorted(lines[4:6]) == [("token-resumed", pk, "") for pk in ids]
    assert sorted(lines[6:8]) == [("token-ends", pk, f"{end:%Y-%m-%dT%H:%M:%S.%fZ}") for pk in ids]
    assert lines[8:] == [
        ("token-issued", str(at_once.pk), ""),
        ("token-revoked", str(one.pk), ""),
        ("token-issued", str(later.pk), ""),
        ("token-ends", str(two.pk), f"{two.expires_at:%Y-%m-%dT%H:%M:%S.%fZ}"),
        ("token-revoked", str(three.pk), ""),
        ("token-revoked", str(later.pk), ""),
    ]


def test_run5_what_happens_to_people_applications_and_servers_is_noted() -> None:
    now, first, person = timezone.now(), UserFactory.create(administrator=True, password="usable"), UserFactory.create()
    application, server = ApplicationFactory.create(), ResourceServerFactory.create()
    [secret] = ResourceServerSecret.objects.all()
    assert make_administrator(actor=OPERATOR, user_id=person.pk, now=now)
    assert remove_administrator_rights(actor=OPERATOR, user_id=person.pk, now=now)
    assert deactivate_user(actor=OPERATOR, user_id=person.pk, now=now)
    assert reactivate_user(actor=OPERATOR, user_id=person.pk, now=now)
    assert delete_with_tokens(actor=OPERATOR, user=person, now=now) == 0
    for change in ({"is_enabled": False}, {"is_enabled": True, "scopes": ("read",)}, {"scopes": ("read", "update")}):
        update_application(actor=OPERATOR, application_id=application.pk, now=now, **change)
    for is_enabled in (False, True):
        update_resource_server(actor=OPERATOR, server_id=server.pk, now=now, is_enabled=is_enabled)
    rotate_secret(actor=OPERATOR, server_id=server.pk, now=now, ends_old=True)
    update_resource_server(actor=OPERATOR, server_id=server.pk, now=now, may_revoke=True)
    delete_resource_server(actor=OPERATOR, server_id=server.pk, now=now)
    assert first.is_administrator
    who, what, which = str(person.pk), str(application.pk), server.client_id
    assert [line for line in written() if line[0] != "changed"] == [
        ("user-promoted", who, ""),
        ("user-demoted", who, ""),
        ("user-deactivated", who, ""),
        ("user-reactivated", who, ""),
        ("user-deleted", who, ""),
        ("application-disabled", what, ""),
        ("application-enabled", what, ""),
        ("application-scope-lost", what, "update"),
        ("application-scope-gained", what, "update"),
        ("server-disabled", which, ""),
        ("server-enabled", which, ""),
        ("server-secret-removed", which, secret.hint[-4:]),
        ("server-deleted", which, ""),
    ]
    assert ("changed", f"application:{what}", "") in written()


def test_run5_sessions_that_end_are_noted(client: Client) -> None:
    person, now = UserFactory.create(), timezone.now()
    with transaction.atomic():
        record_event(OPERATOR, "user:sign_out", Target.user(person.pk), now=now, details={})
    client.force_login(person)
    assert client.get("/profile/security/tokens/").status_code == 200
    assert end_all_devices(actor=OPERATOR, user=person, now=now) == 1
    assert [line for line in written() if line[0] == "user-sessions-ended"] == [
        ("user-sessions-ended", str(person.pk), "")
    ] * 2


def test_run5_what_is_rolled_back_is_not_noted() -> None:
    class Undone(Exception):
        pass

    def act(target: str) -> None:
        record_event(OPERATOR, "token:revoke", Target("token", target), now=timezone.now(), details={})

    def undo(target: str) -> None:
        with transaction.atomic():
            act(target)
            raise Undone

    with transaction.atomic():
        act("kept")
        with pytest.raises(Undone):
            undo("rolled-back")
        act("kept-too")
    with pytest.raises(Undone):
        undo("never")
    assert [identity for _word, identity, _value in written()] == ["kept", "kept-too"]


def test_run5_without_a_fence_nothing_is_noted(settings: Any, file: Path) -> None:
    settings.FENCE_FILE = ""
    token = issued_pat(UserFactory.create(), ApplicationFactory.create()).token
    expires_at = timezone.now() + timedelta(days=1)
    tokens, target = ReferenceToken.objects.all(), Target("shortening", "1")
    assert shorten_tokens(actor=OPERATOR, tokens=tokens, target=target, expires_at=expires_at, now=timezone.now())
    assert revoke_token(actor=OPERATOR, token_id=token.pk, now=timezone.now())
    assert not file.exists()


def test_run5_a_token_is_revoked_though_the_fence_takes_no_line_which_waits(settings: Any, file: Path) -> None:
    one, two = (issued_pat(UserFactory.create(), ApplicationFactory.create()).token for _number in range(2))
    whole, settings.FENCE_FILE = settings.FENCE_FILE, str(file.parent / "missing" / "fence")
    assert revoke_token(actor=OPERATOR, token_id=one.pk, now=timezone.now())
    one.refresh_from_db()
    assert one.revoked_at
    assert FenceLine.objects.count() == 1
    settings.FENCE_FILE = whole
    assert revoke_token(actor=OPERATOR, token_id=two.pk, now=timezone.now())
    assert written()[2:] == [("token-revoked", str(token.pk), "") for token in (one, two)]
    assert not FenceLine.objects.exists()


def test_run5_it_is_said_beside_the_fence_that_lines_lack(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, three = (issued_pat(UserFactory.create(), ApplicationFactory.create()).token for _number in range(3))
    with monkeypatch.context() as patch:
        patch.setattr("reference_tokens.fence.file.os.fsync", fails)
        assert revoke_token(actor=OPERATOR, token_id=one.pk, now=timezone.now())
        assert revoke_token(actor=OPERATOR, token_id=two.pk, now=timezone.now())
    # The last one stands for those before it.
    assert fence().lacking == {name_of(FenceLine.objects.latest("pk").text)}
    assert revoke_token(actor=OPERATOR, token_id=three.pk, now=timezone.now())
    assert not fence().lacking


def fails(_descriptor: int) -> None:
    raise OSError(5, "Input/output error")


def test_run5_what_a_crash_left_of_a_line_is_never_read_as_another() -> None:
    now = timezone.now()
    for word, value in (
        (Word.ENDS, instant_text(now)),
        (Word.SECRET_REMOVED, "a7f3"),
        (Word.SCOPE_LOST, "read-all"),
        (Word.REVOKED, ""),
    ):
        line = Line(now, 7, word, "5d0e", value)
        text = line_text(line)
        assert read_line(text) == line
        assert [read_line(text[:length]) for length in range(len(text))] == [None] * len(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2027-01-31T12:00:00.000000Z 7 token-forgotten 5 .",
        "2027-01-31 7 token-revoked 5 .",
        "2027-13-31T12:00:00.000000Z 7 token-revoked 5 .",
        "2027-01-31T12:00:00.000000Z 7 token-ends 5 tomorrow .",
        "2027-01-31T12:00:00.000000Z 7 server-secret-removed 5 .",
    ],
)
def test_run5_what_is_no_line_is_read_past(text: str) -> None:
    assert read_line(text) is None
