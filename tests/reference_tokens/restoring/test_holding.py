"""RUN-5, T73: what an older copy of the database has brought back is ended again, as the fence tells."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.audit.verification import verify
from accounts.models import AuditEvent
from accounts.passwords.setting import set_password
from reference_tokens.fence.lines import Word, instant_text
from reference_tokens.fence.place import fence
from reference_tokens.lifecycle.suspension import resume_token, suspend_with_old_values
from reference_tokens.maintenance.fence import check_fence, look_after_fence
from reference_tokens.maintenance.housekeeping import do_housekeeping
from reference_tokens.maintenance.startup import hold_the_fence
from reference_tokens.maintenance.worker import background_worker
from reference_tokens.models import FenceLine, ReferenceToken, ResourceServer, ResourceServerSecret
from reference_tokens.restoring import holding
from reference_tokens.restoring.holding import covers, hold
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory, issued_pat, issued_sat
from tests.pages import text_of
from tests.reference_tokens.fence.fences import ELSEWHERE, in_file, tell
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def file(settings: Any, tmp_path: Path) -> Path:
    return in_file(settings, tmp_path)


def test_t73_tokens_that_had_ended_end_again(mailoutbox: list[Any]) -> None:
    application = ApplicationFactory.create(with_system_user=True)
    revoked, suspended, resumed, shortened, ended = (issued_sat(application).token for _number in range(5))
    hold(timezone.now())
    end, past = timezone.now() + timedelta(hours=1), timezone.now()
    for word, token, value in [
        (Word.REVOKED, revoked, ""),
        (Word.SUSPENDED, suspended, ""),
        (Word.SUSPENDED, resumed, ""),
        (Word.RESUMED, resumed, ""),
        (Word.ENDS, shortened, instant_text(end)),
        (Word.ENDS, ended, instant_text(past)),
    ]:
        tell(word, token.pk, value)
    stranger = uuid.uuid4()
    tell(Word.ISSUED, stranger)
    tell(Word.REVOKED, uuid.uuid4())
    tell(Word.REVOKED, "no-id")
    tell(Word.CHANGED, "group:7")
    held = hold(timezone.now())
    assert {word: count for word, count in held.ended.items() if count} == {
        "token-revoked": 1,
        "token-suspended": 1,
        "token-ends": 2,
    }
    assert [line.id for line in held.unknown] == [str(stranger)]
    assert [line.id for line in held.taken_back] == [str(resumed.pk)]
    assert [line.id for line in held.changed] == ["group:7"]
    stored = {token.pk: token for token in ReferenceToken.objects.all()}
    assert stored[revoked.pk].revocation_code == "restored"
    assert stored[suspended.pk].suspended_at
    assert stored[resumed.pk].suspended_at is None
    assert (stored[shortened.pk].expires_at, stored[ended.pk].expires_at) == (end, past)
    assert not mailoutbox
    assert verify().broken is None
    assert (hold(timezone.now()).count, hold(timezone.now()).unknown) == (0, [])


def test_t73_people_have_again_what_they_had() -> None:
    UserFactory.create(administrator=True)
    application = ApplicationFactory.create()
    inactive, deleted, demoted, changed, apart = (UserFactory.create(password="usable") for _number in range(5))
    for person in (inactive, deleted, demoted):
        issued_pat(person, application)
    type(demoted).objects.filter(pk=demoted.pk).update(is_administrator=True)
    Authenticator.objects.create(user=changed, type=Authenticator.Type.TOTP, data={})
    SocialAccount.objects.create(user=apart, provider="https://id.example.com", uid="7")
    hold(timezone.now())
    tell(Word.DEACTIVATED, inactive.pk)
    tell(Word.DELETED, deleted.pk)
    tell(Word.DEMOTED, demoted.pk)
    tell(Word.CREDENTIALS, changed.pk)
    tell(Word.CREDENTIALS, deleted.pk)
    tell(Word.CREDENTIALS, uuid.uuid4())
    tell(Word.IDENTITY_LOST, apart.pk)
    tell(Word.IDENTITY_LOST, changed.pk)
    assert hold(timezone.now()).count == 5
    for person in (inactive, deleted, demoted, changed):
        person.refresh_from_db()
    assert (inactive.is_active, demoted.is_administrator, changed.check_password("usable")) == (False, False, False)
    assert deleted.deleted_at
    assert ReferenceToken.objects.get(holder=deleted).revoked_at
    assert not Authenticator.objects.exists()
    assert not SocialAccount.objects.exists()


def test_t73_not_even_the_last_administrator_is_brought_back() -> None:
    first, second, third = (UserFactory.create(administrator=True, password="usable") for _number in range(3))
    hold(timezone.now())
    tell(Word.DELETED, first.pk)
    tell(Word.DEACTIVATED, second.pk)
    tell(Word.DEMOTED, third.pk)
    assert hold(timezone.now()).count == 3
    assert not type(first).objects.filter(is_administrator=True, is_active=True).exists()


def test_t73_applications_and_servers_have_again_what_they_had() -> None:
    disabled, narrowed, emptied = (
        ApplicationFactory.create(),
        ApplicationFactory.create(),
        ApplicationFactory.create(scopes=("read",)),
    )
    refused = TrustedApplication.objects.get(application_uri="reference-tokens/api")
    off, gone, poorer, other = (ResourceServerFactory.create() for _number in range(4))
    secret = ResourceServerSecret.objects.get(server=poorer)
    hold(timezone.now())
    tell(Word.APPLICATION_DISABLED, disabled.pk)
    tell(Word.SCOPE_LOST, narrowed.pk, "update")
    tell(Word.SCOPE_LOST, narrowed.pk, "unknown")
    tell(Word.SCOPE_LOST, emptied.pk, "read")
    tell(Word.SCOPE_LOST, refused.pk, refused.scopes[0])
    tell(Word.SCOPE_LOST, uuid.uuid4(), "read")
    tell(Word.SERVER_DISABLED, off.client_id)
    tell(Word.SERVER_DELETED, gone.client_id)
    tell(Word.SECRET_REMOVED, poorer.client_id, secret.hint[-4:])
    hold(timezone.now())
    for application in (disabled, narrowed, emptied):
        application.refresh_from_db()
    assert (disabled.is_enabled, narrowed.scopes, emptied.is_enabled) == (False, ("read",), False)
    assert {*ResourceServer.objects.filter(is_enabled=True)} == {poorer, other}
    assert [*ResourceServerSecret.objects.values_list("server", flat=True).order_by("pk")] == [off.pk, other.pk]


def test_run5_an_act_that_the_database_knows_is_not_done_again() -> None:
    token = issued_pat(UserFactory.create(), ApplicationFactory.create()).token
    hold(timezone.now())
    count = AuditEvent.objects.count()
    assert hold(timezone.now()) == holding.Held(ended={})
    assert AuditEvent.objects.count() == count
    assert ReferenceToken.objects.get(pk=token.pk).revoked_at is None


def test_run5_a_line_whose_act_failed_is_not_done_again_against_what_people_did_later() -> None:
    person, one = UserFactory.create(password="usable"), issued_pat(UserFactory.create(), ApplicationFactory.create())
    hold(timezone.now())
    # They were written, and the commit failed.
    tell(Word.CREDENTIALS, person.pk)
    tell(Word.SUSPENDED, one.token.pk)
    tell(Word.CHANGED, "group:7")
    assert set_password(actor=OPERATOR, user=person, password="correct-horse-battery-staple", now=timezone.now())
    suspend_with_old_values(actor=OPERATOR, token_id=one.token.pk, now=timezone.now())
    assert resume_token(actor=OPERATOR, token_id=one.token.pk, now=timezone.now())
    held = hold(timezone.now())
    assert (held.count, held.taken_back, [line.id for line in held.changed]) == (0, [], ["group:7"])
    person.refresh_from_db()
    assert person.check_password("correct-horse-battery-staple")
    assert ReferenceToken.objects.get(pk=one.token.pk).suspended_at is None


def test_run5_another_fence_is_read_whole_and_said_to_be_another(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    token = issued_pat(UserFactory.create(), ApplicationFactory.create()).token
    assert not covers()
    hold(timezone.now())
    assert covers()
    file.unlink()
    tell(Word.REVOKED, token.pk)
    assert not covers()
    with caplog.at_level(logging.WARNING):
        assert look_after_fence(timezone.now()) == "lines may be missing"
    assert "the database is older than the fence: 1 ended again" in caplog.text
    assert ReferenceToken.objects.get(pk=token.pk).revoked_at
    assert look_after_fence(timezone.now()) == ""


def test_run5_a_fence_that_cannot_be_read_is_owed(
    file: Path, settings: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "_was_held", False)
    token = issued_pat(UserFactory.create(), ApplicationFactory.create()).token
    hold(timezone.now())
    tell(Word.REVOKED, token.pk)
    whole = file.rename(file.with_name("elsewhere"))
    file.mkdir()
    hold_the_fence()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (
        503,
        b"missing: FENCE_FILE, which the database is yet to be held against\n",
    )
    file.rmdir()
    whole.rename(file)
    background_worker.run_once(timezone.now())
    assert client.get("/readyz").status_code == 200
    assert ReferenceToken.objects.get(pk=token.pk).revoked_at
    # Held once, it is not owed again: what ended since is in this database.
    whole = file.rename(file.with_name("elsewhere"))
    file.mkdir()
    assert look_after_fence(timezone.now())
    assert client.get("/readyz").status_code == 200


def test_run5_a_database_that_does_not_answer_at_the_start_is_held_later(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "_was_held", False)

    def fail(*_statement: object) -> None:
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(fail):
        hold_the_fence()
    assert client.get("/readyz").status_code == 503
    background_worker.run_once(timezone.now())
    assert client.get("/readyz").status_code == 200


def test_run5_housekeeping_appends_the_lines_that_wait(
    file: Path, administrator_client: Client, settings: Any, command: Any
) -> None:
    hold(timezone.now())
    FenceLine.objects.create(text=f"2027-01-31T12:00:00.000000Z {ELSEWHERE} changed group:7 .")
    assert "FENCE_FILE lacks 1 line:" in text_of(administrator_client.get("/manage/"))
    do_housekeeping(now=timezone.now())
    assert not FenceLine.objects.exists()
    assert "FENCE_FILE" not in text_of(administrator_client.get("/manage/"))
    fence().say_that_it_lacks("another")
    assert "The fence is not as it should be: lines may be missing" in command("housekeeping").stdout
    assert "FENCE_FILE is not as the database knew it." in text_of(administrator_client.get("/manage/"))
    settings.FENCE_FILE = ""
    assert "FENCE_FILE" not in text_of(administrator_client.get("/manage/"))


def test_run5_a_start_on_an_older_copy_logs_what_nobody_can_do_again(caplog: pytest.LogCaptureFixture) -> None:
    hold(timezone.now())
    token = uuid.uuid4()
    tell(Word.ISSUED, token)
    tell(Word.RESUMED, token)
    tell(Word.CHANGED, "group:7")
    with caplog.at_level(logging.WARNING):
        hold_the_fence()
    assert f"issued since, and unknown now: {token} (" in caplog.text
    assert f"taken back since, and as it was before: {token} (" in caplog.text
    assert "made or changed since: look at it: group:7 (" in caplog.text


def test_run8_check_settings_tries_the_fence(file: Path, settings: Any) -> None:
    assert check_fence().endswith("up to 0, which the database is yet to be held against, lines that wait: 0")
    hold(timezone.now())
    size = file.stat().st_size
    assert check_fence() == f"{file}: takes lines, up to {size}, which the database knows, lines that wait: 0"
    settings.FENCE_FILE = ""
    assert check_fence() == "none"
