"""T36: whatever goes wrong, with DEBUG and every logger at its lowest level, nothing that opens anything is told.

Each token, secret, password and session of the test is looked for in every log line, mail, entry of the audit log and
page, but for the one answer that hands it out: as it is, and in base64, as `Basic` carries it.
"""

from __future__ import annotations

import logging
import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import OperationalError
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import AuditEvent, User
from accounts.outbox.delivery import send_due_mails
from tests.factories import PASSWORD, issued_pat, issued_sat
from tests.introspection import ask, basic, credentials
from tests.pages import Fields, secret_of, signed_in
from tests.profile_site.token_form import CREATE, filled_in
from tests.reference_tokens.management_api.conftest import EVERY_SCOPE, Program
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.once, pytest.mark.django_db]

TYPED = "a password that somebody typed wrongly"
# Where a fault comes from, and with which exception.
FAULTS = {
    "the validity": ("reference_tokens.validation.validate.judge", RuntimeError),
    "the store": ("reference_tokens.validation.validate.judge", OperationalError),
    "the audit log": ("accounts.audit.record.record_events", RuntimeError),
}
BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")


def readings(text: str) -> list[str]:
    """The text, and what stands in it in base64."""
    found = [word.rstrip("=") for word in BASE64.findall(text)]
    return [text, *(b64decode(word[: len(word) // 4 * 4]).decode("latin-1") for word in found)]


def texts_of(message: EmailMessage) -> list[str]:
    """A mail as it is sent, and as people read it."""
    sent = message.message()
    parts = [part.get_payload(decode=True) for part in sent.walk() if not part.is_multipart()]
    return [sent.as_string(), str(message.subject), *(part.decode() for part in parts if isinstance(part, bytes))]


class Told:
    """What was said anywhere, and what must be in none of it."""

    def __init__(self) -> None:
        self.pages: list[str] = []
        self.secrets: set[str] = {PASSWORD, TYPED}

    def hear(self, answer: Any) -> Any:
        """Keep what an answer says, which hands out nothing."""
        self.pages.append(f"{answer.headers}{b''.join(answer).decode()}")
        return answer

    def found_in(self, texts: list[str]) -> list[str]:
        """The secrets that stand in the texts, with the words around them."""
        read = [reading for text in texts for reading in readings(text)]
        return [text[max(0, text.index(one) - 200) :][:300] for text in read for one in self.secrets if one in text]

    def hear_of_issuing(self, answer: Any, value: str) -> None:
        """The answer that hands out a value is the one place for it; of one that refuses the value is empty."""
        if value:
            self.secrets |= {value, value[5:61]}
        else:
            self.hear(answer)


@pytest.fixture
def told(settings: Settings, caplog: pytest.LogCaptureFixture) -> Told:
    settings.DEBUG = True
    # Statements with their values, which the service itself never writes.
    caplog.set_level(logging.DEBUG, logger="django.db.backends")
    return Told()


@contextmanager
def failing(place: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What stands at this place fails, with all that it was given in the words of its error; and it must be called."""
    failed = 0

    def fail(*given: Any, **named: Any) -> Any:
        nonlocal failed
        failed += 1
        raise error(f"failed with {given} {named}")

    with monkeypatch.context() as patch:
        patch.setattr(place, fail)
        yield
    assert failed, f"{place} was not called"


def browser_of(person: User, told: Told) -> Client:
    """A browser whose session is a secret too, and that is shown the pages of errors."""
    browser = signed_in(person)
    browser.raise_request_exception = False
    told.secrets |= {str(browser.session.session_key), browser.cookies["session"].value}
    return browser


def issue_by_every_door(
    person: Client, program: Program, application: TrustedApplication, sent: Fields, told: Told
) -> list[int]:
    """The statuses of the profile's form and of the API."""
    page = person.post(CREATE, sent)
    told.hear_of_issuing(page, secret_of(page) if page.status_code == 200 else "")
    issued = program.post(f"/applications/{application.pk}/tokens", {"scopes": ["read"], "expires_in_days": 7})
    told.hear_of_issuing(issued, issued.json()["token"] if issued.status_code == 201 else "")
    return [page.status_code, issued.status_code]


def use_every_door(client: Client, server: Any, value: str, told: Told) -> None:
    """The token at every door, as it should come and where it should not."""
    client.raise_request_exception = False
    told.hear(ask(client, f"token={value}", credentials(server)))
    told.hear(ask(client, f"token={value}", basic(server.client_id, value)))
    told.hear(ask(client, f"token={value}", credentials(server), path="/oauth/introspect/batch"))
    told.hear(ask(client, f"token={value}", basic("rs_nobody", server.plain_secret), path="/oauth/revoke"))
    for header in ({"authorization": f"Bearer {value}"}, {"x-api-key": value}, {"authorization": f"Basic {value}"}):
        for path in ("/auth/forward", f"/auth/resource/{server.client_id}", "/api/token", "/profile/me", "/api/v1/me"):
            told.hear(client.get(f"{path}?access_token={value}", headers=header))
    for path in (f"/{value}/", f"/profile/{value}/", f"/api/v1/tokens/{value}", f"/manage/security/tokens/{value}/"):
        told.hear(client.get(path))
    told.hear(client.post("/accounts/login/", {"login": value, "password": TYPED}))
    told.hear(client.get(f"/accounts/login/?next=/profile/?q={value}"))


def all_that_was_said(told: Told, log_lines: list[str]) -> list[str]:
    """Every channel: pages, lines, mails, the audit log."""
    send_due_mails()
    mails = [text for message in mail.outbox for text in texts_of(message)]
    entries = [f"{entry.__dict__}" for entry in AuditEvent.objects.all()]
    return [*told.pages, *log_lines, *mails, *entries]


@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_t36_no_channel_tells_what_opens_anything(
    client: Client,
    alice: User,
    administrator: User,
    server: Any,
    application: TrustedApplication,
    management_api: TrustedApplication,
    told: Told,
    log_lines: list[str],
    monkeypatch: pytest.MonkeyPatch,
    fault: str | None,
) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    person, manager = browser_of(alice, told), browser_of(administrator, told)
    sent = filled_in(person, application, scopes=["read"])
    pat, sat = issued_pat(alice, application), issued_sat(application)
    program = Program(issued_pat(administrator, management_api, scopes=EVERY_SCOPE).plaintext)
    program._client.raise_request_exception = False
    told.secrets |= {pat.plaintext, sat.plaintext, program.token, server.plain_secret, *sent["csrfmiddlewaretoken"]}
    told.secrets |= {value[5:61] for value in (pat.plaintext, sat.plaintext, program.token)}
    if fault is None:
        assert issue_by_every_door(person, program, application, sent, told) == [200, 201]
        assert told.hear(manager.post(f"/manage/security/tokens/{pat.token.pk}/revoke/")).status_code == 302
        use_every_door(client, server, sat.plaintext, told)
    else:
        with failing(*FAULTS[fault], monkeypatch):
            issue_by_every_door(person, program, application, sent, told)
            told.hear(program.post("/tokens/check", {"token": pat.plaintext}))
            told.hear(manager.post("/manage/security/check-token/", {"credential": pat.plaintext}))
            use_every_door(client, server, pat.plaintext, told)
    told.hear(person.get(CREATE + f"?description={pat.plaintext}"))
    assert any("SELECT" in line for line in log_lines)
    assert told.found_in(all_that_was_said(told, log_lines)) == []
    assert mail.outbox or fault


@pytest.mark.parametrize("address", ["/profile/security/tokens/", "/manage/"])
def test_t36_a_page_that_fails_tells_nothing_that_opens_anything(
    alice: User,
    administrator: User,
    application: TrustedApplication,
    told: Told,
    log_lines: list[str],
    monkeypatch: pytest.MonkeyPatch,
    address: str,
) -> None:
    """DEBUG's own page: the template of the page is what fails, with all that it was to show."""
    issued = issued_pat(alice, application)
    told.secrets |= {issued.plaintext}
    browser = browser_of(administrator, told)
    with failing("django.template.backends.django.Template.render", RuntimeError, monkeypatch):
        answer = browser.get(address, headers={"x-api-key": issued.plaintext})
    assert (answer.status_code, "RuntimeError" in answer.content.decode()) == (500, True)
    told.hear(answer)
    assert told.found_in(all_that_was_said(told, log_lines)) == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_t36_a_page_of_a_wrong_address_declares_the_length_that_it_has(
    client: Client, application: TrustedApplication, told: Told, method: str
) -> None:
    told.secrets |= {value := issued_sat(application).plaintext}
    answer = told.hear(client.generic(method, f"/{value}/"))
    assert (answer.status_code, answer["Content-Length"]) == (404, str(len(answer.content)))
    assert told.found_in(told.pages) == []
