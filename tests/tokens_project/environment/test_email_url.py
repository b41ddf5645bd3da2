"""EMAIL_URL: a mail server, or a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.tokens_project.environment.reading_settings import READ, Given
from tokens_project import environment as env

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", {"EMAIL_FILE_PATH": "/data/mail"}),
        ("file:///srv/my%20mail", {"EMAIL_FILE_PATH": "/srv/my mail"}),
        ("smtp://mail", {"EMAIL_HOST": "mail", "EMAIL_PORT": 25, "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": False}),
        ("smtps://me:a%40b@mail", {"EMAIL_PORT": 465, "EMAIL_USE_SSL": True, "EMAIL_HOST_PASSWORD": "a@b"}),
        ("smtp+starttls://mail:2525", {"EMAIL_PORT": 2525, "EMAIL_USE_TLS": True, "EMAIL_FILE_PATH": ""}),
    ],
)
def test_mail_goes_to_a_server_or_into_a_folder(
    monkeypatch: pytest.MonkeyPatch, value: str, expected: dict[str, Any]
) -> None:
    monkeypatch.setenv("EMAIL_URL", value)
    assert env.email("EMAIL_URL", Path("/data/mail")).items() >= expected.items()


@pytest.mark.parametrize("value", ["mail.example.com", "http://mail", "smtp://", "file://", "smtp://mail:0x1"])
def test_an_address_for_mail_that_cannot_be_used_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("EMAIL_URL", value)
    with pytest.raises(env.BadSetting, match="EMAIL_URL: "):
        env.email("EMAIL_URL", Path("/data/mail"))


@pytest.mark.parametrize("folder", ["/srv/a#b", "/srv/100%41", "/srv/what?"])
def test_folder_of_mails_is_taken_as_it_is_where_none_is_given(given: Given, folder: str) -> None:
    given("")
    assert env.email("NAME", Path(folder))["EMAIL_FILE_PATH"] == folder


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_a_password_may_go_in_clear_to_this_machine(given: Given, host: str) -> None:
    given(f"smtp://me:secret@{host}:2525")
    assert READ["email"]()["EMAIL_HOST_PASSWORD"] == "secret"
