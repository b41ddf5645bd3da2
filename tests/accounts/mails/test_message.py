"""Mails: one form for all, as text and as HTML."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.core import mail as django_mail

from accounts.mails.message import Letter, send

pytestmark = pytest.mark.once

LETTER = Letter(
    subject="Your token\r\nBcc: evil@example.com <b>",
    paragraphs=["First <script>alert(1)</script>.", "Second & last."],
    facts=[("Token", "Łódź <b>")],
    action_label="Rotate token",
    action_path="/profile/security/tokens/?a=1&b=2",
    closing=["You get this because you hold the token."],
)


def sent() -> Any:
    (mail,) = django_mail.outbox
    return mail


def html_of(mail: Any) -> str:
    ((content, kind),) = mail.alternatives
    assert kind == "text/html"
    return str(content)


def test_t49_links_start_with_the_configured_origin() -> None:
    send(LETTER, to="alice@example.com", language="en")
    assert "http://localhost:8000/profile/security/tokens/?a=1&b=2" in sent().body
    assert 'href="http://localhost:8000/profile/security/tokens/?a=1&amp;b=2"' in html_of(sent())


def test_t41_what_people_typed_is_text_in_both_parts_and_no_header() -> None:
    send(LETTER, to="alice@example.com", language="en")
    assert sent().subject == "Your token Bcc: evil@example.com <b>"
    assert sent().recipients() == ["alice@example.com"]
    assert "First <script>alert(1)</script>." in sent().body
    assert "Łódź <b>" in sent().body
    assert "<script>" not in html_of(sent())
    assert "Łódź &lt;b&gt;" in html_of(sent())


def test_a_mail_says_that_a_program_wrote_it() -> None:
    send(LETTER, to="alice@example.com", language="en")
    message: EmailMessage = sent().message()
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == "tokens@localhost"


def test_a_mail_without_an_action_has_no_link_but_the_service() -> None:
    send(Letter("Subject", ["Text."]), to="alice@example.com", language="en")
    assert "Text.\n\n-- \nReference Tokens, http://localhost:8000" in sent().body
    assert "action" not in html_of(sent()).partition("</style>")[2]


@pytest.mark.once
def test_a_folder_that_takes_no_mails_is_a_mail_server_that_is_away(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    for place in ("file", "file/below"):
        settings.EMAIL_FILE_PATH = str(tmp_path / place)
        with pytest.raises(OSError, match=r"Path for saving email messages|Could not create directory"):
            send(Letter("Hello", ["A paragraph."]), to="ada@example.com", language="en")
