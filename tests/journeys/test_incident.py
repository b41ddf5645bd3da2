"""docs/incidents.md: the day something leaks, from the place where it was seen to the end of it."""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.models import ReferenceToken
from reference_tokens.webhooks.registration import create_webhook
from tests.command_line import BASE_DIR, Runner
from tests.concurrency import PATIENCE
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory, issued_pat, issued_sat
from tests.gunicorn import gunicorn
from tests.introspection import INACTIVE
from tests.pages import form_of, text_of
from tests.postgresql import free_port
from tests.receiver import receiver
from tests.smtp import mail_server, stored
from trusted_apps.models import TrustedApplication

GUIDE = (BASE_DIR / "docs/incidents.md").read_text()
PLACE = "https://paste.example/raw/42"


def wait_for(found: Callable[[], Any], what: str) -> Any:
    """What is found within the patience of all tests."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if result := found():
            return result
        time.sleep(0.1)
    raise AssertionError(what)


@pytest.mark.django_db(transaction=True)
def test_a_drill_a_token_that_was_pasted_in_public_is_reported_dead_told_and_explained(
    tmp_path: Path,
    settings: Settings,
    server: Any,
    alice: User,
    administrator_client: Client,
    application: TrustedApplication,
) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    standard = pytest.importorskip("standardwebhooks", reason="the library of the standard is not installed")
    User.objects.filter(username="alice").update(email="alice@example.com")
    User.objects.filter(username="ada").update(email="ada@example.com")
    issued, port, mails = issued_pat(alice, application, description="Nightly export"), free_port(), tmp_path / "mails"
    mails.mkdir()
    with receiver() as program, mail_server(port, mails):
        types = ["token.exposed", "token.revoked"]
        _webhook, secret = create_webhook(actor=OPERATOR, now=timezone.now(), url=program.url, types=types)
        with gunicorn(tmp_path, EMAIL_URL=f"smtp://127.0.0.1:{port}", WEBHOOKS_TO_PRIVATE_ADDRESSES="True") as service:
            assert service.introspect(server, issued.plaintext).body != INACTIVE
            report = json.dumps({"tokens": [issued.plaintext], "url": PLACE}).encode()
            assert service.post(report, path=b"/leaks/revoke").status == 202
            assert {service.introspect(server, issued.plaintext).body for _time in range(8)} == {INACTIVE}

            told = wait_for(lambda: len(program.requests) == 2 and program.requests, "the program was not told")
            wait_for(lambda: len(stored(mails)) == 2, "nobody was mailed")
    messages = [standard.Webhook(secret).verify(one.body, one.headers) for one in told]
    assert {message["type"] for message in messages} == {"token.exposed", "token.revoked"}
    assert {message["data"]["id"] for message in messages} == {str(issued.token.pk)}
    assert {mail["To"] for mail in stored(mails)} == {"alice@example.com", "ada@example.com"}
    assert all(PLACE in plain_text(mail) for mail in stored(mails))

    history = found_by_value(administrator_client, issued.plaintext)
    for entry in ("issued", "revoked", PLACE):
        assert entry in text_of(history)
    page = f"/manage/security/tokens/{issued.token.pk}/"
    assert f'href="{page}"' in history.content.decode()
    for fact in ("Exposed", PLACE, "All in the audit log"):
        assert fact in text_of(administrator_client.get(page))
    assert issued.plaintext.encode() not in history.content


def plain_text(mail: EmailMessage) -> str:
    """What a mail says without its markup."""
    body = mail.get_body(("plain",))
    assert body
    return str(body.get_content())


def found_by_value(client: Client, value: str) -> Any:
    """The audit log of the token with this value."""
    asked = client.get("/manage/security/audit-log/")
    form = form_of(asked, "/manage/security/audit-log/find/")
    return client.post("/manage/security/audit-log/find/", form | {"secret": value}, follow=True)


COMMANDS = re.findall(r"`(revoke_tokens [^`]+)`", GUIDE)
LEFT = {"--user": 3, "--application": 2, "--server": 2, "--issued-before": 0, "--all": 0}


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_revokes_what_it_says_with_its_reason(command: Runner, line: str) -> None:
    excel = ApplicationFactory.create(application_uri="com.example/excel", with_system_user=True)
    word = ApplicationFactory.create(application_uri="com.example/word", with_system_user=True)
    people = [UserFactory.create(username=name) for name in ("alice", "bob")]
    ResourceServerFactory.create(client_id="rs_2fd8a0250c21805c9f50", asks_for_all_applications=False).applications.add(
        word
    )
    for application, person in ((excel, people[0]), (word, people[1])):
        issued_pat(person, application)
        issued_sat(application)
    _name, option, *_value = words = shlex.split(line)
    outcome = command(*words, "--reason", "Laptop stolen", "--yes")
    assert outcome.status == 0, outcome.stderr
    assert ReferenceToken.objects.filter(revoked_at=None).count() == LEFT[option]


def test_the_guide_names_a_command_for_each_choice() -> None:
    assert {line.split()[1] for line in COMMANDS} == LEFT.keys()
