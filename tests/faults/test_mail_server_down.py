"""Fault 12: without a mail server everything is done as with one, and the mails go out once there is one."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings as product
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR
from accounts.mailed_links.invitations import invite_person
from accounts.models import OutboxEntry, User
from accounts.outbox.delivery import PAUSES, send_due_mails
from accounts.passwords.setting import set_password
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import Notice, ReferenceToken
from tests.command_line import BASE_DIR
from tests.factories import UserFactory, issued_pat
from tests.gunicorn import database_url, gunicorn
from tests.introspection import INACTIVE, is_active
from tests.pages import form_of, give_password
from tests.postgresql import free_port
from tests.smtp import mail_server, stored
from trusted_apps.models import TrustedApplication

MINUTE = timedelta(minutes=1)


@pytest.fixture
def alice(db: None) -> User:
    return UserFactory.create(username="alice", email="alice@example.com")


@pytest.fixture
def port(settings: Settings) -> int:
    """Where the service believes its mail server to be."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    port = free_port()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    return port


@pytest.mark.django_db
def test_t60_a_revocation_is_done_at_once_and_its_mail_follows(
    client: Client,
    administrator_client: Client,
    server: Any,
    alice: User,
    application: TrustedApplication,
    port: int,
    tmp_path: Path,
    log_lines: list[str],
) -> None:
    issued = issued_pat(alice, application, description="Nightly export")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        answer = administrator_client.post(f"/manage/security/tokens/{issued.token.pk}/revoke/", {"reason": "Leaked"})
        assert answer.status_code == 302
        assert not is_active(client, server, issued.plaintext)

        assert send_due_mails() == 0
        assert [line for line in log_lines if "a mail about tokens could not be sent" in line]
        assert (OutboxEntry.objects.get().attempts, Notice.objects.get().done_at) == (1, None)

        with mail_server(port, tmp_path):
            assert send_due_mails() == 0
            clock.shift(PAUSES[0])
            (tmp_path / "busy").touch()
            assert send_due_mails() == 0
            (tmp_path / "busy").unlink()
            clock.shift(PAUSES[0])
            assert send_due_mails() == 0
            clock.shift(PAUSES[1])
            assert OutboxEntry.objects.get().attempts == 2
            assert send_due_mails() == 1
            assert send_due_mails() == 0
    (message,) = stored(tmp_path)
    assert (message["To"], message["Subject"]) == ("alice@example.com", "“Nightly export” was revoked")
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert not re.search(r"enrt_[0-9A-F]{64}", message.as_string())
    assert Notice.objects.get().done_at
    assert not OutboxEntry.objects.exists()


@pytest.mark.django_db
def test_t60_a_recipient_that_is_refused_holds_up_nobody_else(
    alice: User, application: TrustedApplication, port: int, tmp_path: Path
) -> None:
    nobody = UserFactory.create(email="nobody@example.com")
    now = timezone.now()
    for person in (nobody, alice):
        revoke_token(actor=OPERATOR, token_id=issued_pat(person, application).token.pk, now=now)
    with mail_server(port, tmp_path):
        assert send_due_mails() == 1
    assert [message["To"] for message in stored(tmp_path)] == ["alice@example.com"]
    assert Notice.objects.waiting().get().recipient == nobody


@pytest.mark.django_db
def test_t60_the_pauses_grow_and_no_mail_is_given_up(alice: User, application: TrustedApplication, port: int) -> None:
    revoke_token(actor=OPERATOR, token_id=issued_pat(alice, application).token.pk, now=timezone.now())
    pauses = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(8):
            send_due_mails()
            pauses.append((OutboxEntry.objects.get().due_at - timezone.now()) // MINUTE)
            clock.move_to(OutboxEntry.objects.get().due_at)
    assert pauses == [5, 15, 60, 180, 360, 360, 360, 360]


@pytest.mark.django_db
def test_t60_one_try_tells_that_nobody_is_there(alice: User, application: TrustedApplication, port: int) -> None:
    for _ in range(3):
        revoke_token(actor=OPERATOR, token_id=issued_pat(alice, application).token.pk, now=timezone.now())
    send_due_mails()
    assert sorted(OutboxEntry.objects.values_list("attempts", flat=True)) == [0, 0, 1]


INVITATION = re.compile(r"http://localhost:8000(/accounts/invitation/[^/\s]{43}/)\s")
RESET = re.compile(r"http://localhost:8000(/accounts/password/reset/[^/\s]{43}/)\s")


def invite_carol(administrator_client: Client) -> None:
    fields = form_of(administrator_client.get("/manage/security/users/invite/"))
    sent = fields | {"username": ["carol"], "email": ["carol@example.com"]}
    assert administrator_client.post("/manage/security/users/invite/", sent).status_code == 302


@pytest.mark.django_db
@pytest.mark.mails_wait
def test_t60_invitations_resets_and_notices_follow_with_links_that_work(
    client: Client, administrator_client: Client, alice: User, port: int, tmp_path: Path, log_lines: list[str]
) -> None:
    give_password(alice)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        set_password(actor=OPERATOR, user=alice, password="seven swans on a frozen lake", now=timezone.now())
        invite_carol(administrator_client)
        client.post("/accounts/password/reset/", {"login": "alice"})
        # One try a round tells that nobody is there.
        assert [send_due_mails() for _round in range(4)] == [0] * 4
        assert [line for line in log_lines if "a mail about accounts could not be sent" in line]
        clock.shift(PAUSES[0])
        with mail_server(port, tmp_path):
            assert send_due_mails() == 3
            assert send_due_mails() == 0
        messages = {str(message["Subject"]): message for message in stored(tmp_path)}
        texts = {name: message.get_body(("plain",)).get_content() for name, message in messages.items()}  # type: ignore[union-attr]
        assert "Your password was changed" in messages
        (invitation,) = INVITATION.findall(texts["Your invitation: choose your password"])
        (reset,) = RESET.findall(texts["Choose a new password"])
        for address in (invitation, reset):
            assert Client().get(address).status_code == 302
    assert not OutboxEntry.objects.exists()


@pytest.mark.django_db
@pytest.mark.mails_wait
def test_t60_a_link_that_has_expired_is_not_sent_any_more(
    client: Client, alice: User, port: int, tmp_path: Path, log_lines: list[str]
) -> None:
    give_password(alice)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.post("/accounts/password/reset/", {"login": "alice"})
        tries = 0
        while waiting := OutboxEntry.objects.first():
            clock.move_to(waiting.due_at)
            send_due_mails()
            tries += 1
        # At once, after 5 and 20 minutes; after 80 it was too old.
        assert tries == 4
        with mail_server(port, tmp_path):
            assert send_due_mails() == 0
    assert stored(tmp_path) == []
    assert len([line for line in log_lines if "a mail about accounts was given up" in line]) == 1


@pytest.mark.django_db
@pytest.mark.mails_wait
def test_t60_a_notice_is_tried_for_a_week_and_then_given_up(alice: User, port: int) -> None:
    give_password(alice)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        set_password(actor=OPERATOR, user=alice, password="seven swans on a frozen lake", now=timezone.now())
        begin, tries = timezone.now(), 0
        while waiting := OutboxEntry.objects.first():
            clock.move_to(waiting.due_at)
            send_due_mails()
            tries += 1
        assert timedelta(days=7) <= timezone.now() - begin < timedelta(days=7, hours=6)
        assert tries == 33


@pytest.mark.django_db
@pytest.mark.mails_wait
def test_t60_mails_about_accounts_go_before_those_about_tokens(
    alice: User, application: TrustedApplication, port: int, tmp_path: Path
) -> None:
    for _number in range(3):
        revoke_token(actor=OPERATOR, token_id=issued_pat(alice, application).token.pk, now=timezone.now())
    invite_person(actor=OPERATOR, username="carol", email="carol@example.com", now=timezone.now())
    with mail_server(port, tmp_path):
        assert send_due_mails() == 4
    assert [message["To"] for message in stored(tmp_path)] == ["carol@example.com", *["alice@example.com"] * 3]


INVITE_AND_DIE = """
import os, signal, django
django.setup()
from django.utils import timezone
from accounts.audit.record import OPERATOR
from accounts.mailed_links.invitations import invite_person
invite_person(actor=OPERATOR, username="carol", email="carol@example.com", now=timezone.now())
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.django_db(transaction=True)
def test_t60_the_mail_of_a_process_that_was_killed_after_the_change_is_sent_by_the_next_one(tmp_path: Path) -> None:
    values = {
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": product.SECRET_KEY,
        "TOKEN_HASH_KEYS": ",".join(product.TOKEN_HASH_KEYS),
        "DJANGO_SETTINGS_MODULE": "tokens_project.settings",
    }
    command = [sys.executable, "-c", INVITE_AND_DIE]
    killed = subprocess.run(command, cwd=BASE_DIR, env=os.environ | values, check=False)
    assert killed.returncode == -signal.SIGKILL
    port, mailbox = free_port(), tmp_path / "mailbox"
    mailbox.mkdir()
    with mail_server(port, mailbox), gunicorn(tmp_path, EMAIL_URL=f"smtp://127.0.0.1:{port}"):
        deadline = time.monotonic() + 20
        while OutboxEntry.objects.exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert [message["To"] for message in stored(mailbox)] == ["carol@example.com"]


@pytest.mark.django_db(transaction=True)
def test_t60_the_served_product_sends_by_itself_within_a_moment_of_the_commit(
    server: Any, alice: User, application: TrustedApplication, tmp_path: Path
) -> None:
    port = free_port()
    bob = UserFactory.create(email="bob@example.com")
    issued, own = issued_pat(alice, application), issued_pat(bob, application)
    revoke_token(actor=OPERATOR, token_id=issued.token.pk, now=timezone.now())
    mailbox = tmp_path / "mailbox"
    mailbox.mkdir()
    with mail_server(port, mailbox), gunicorn(tmp_path, EMAIL_URL=f"smtp://127.0.0.1:{port}") as live:
        assert live.introspect(server, issued.plaintext).body == INACTIVE
        assert live.introspect(server, own.plaintext).body != INACTIVE
        deadline = time.monotonic() + 20
        while Notice.objects.waiting().exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert [message["To"] for message in stored(mailbox)] == ["alice@example.com"]
    assert "Traceback" not in live.log.read_text()
    assert ReferenceToken.objects.filter(revoked_at=None).get().pk == own.token.pk
