"""What no page takes is refused before it is read: files, more than 64 KB, and what says no length (AVA-5)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.test.client import encode_multipart

from accounts.models import User
from tests.factories import PASSWORD
from tests.gunicorn import Answer, Gunicorn, gunicorn
from tests.pages import LOGIN_URL, give_password, text_of

pytestmark = pytest.mark.once

FORM = "application/x-www-form-urlencoded"
FILE = encode_multipart("xxx", {"login": "alice", "file": io.BytesIO(b"f" * 3_000_000)})
PATHS = (LOGIN_URL, "/accounts/password/reset/", "/profile/", "/manage/security/tokens/export/", "/theme/", "/nowhere/")


class Unread(io.BytesIO):
    """A body of which nothing may be asked for."""

    def read(self, *_size: Any) -> bytes:
        raise AssertionError("the body was read")


def send(path: str, content_type: str, length: str, **environment: Any) -> Any:
    """Send a head that says so much about its body, and a body that fails the test where it is read."""
    return Client().generic(
        "POST", path, **{"wsgi.input": Unread(), "CONTENT_TYPE": content_type, "CONTENT_LENGTH": length, **environment}
    )


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=xxx", "Multipart/Mixed", "multipart/"])
def test_ava5_what_carries_files_is_415_at_any_page_and_is_not_read(path: str, content_type: str) -> None:
    response = send(path, content_type, "10")
    assert (response.status_code, response.headers["Cache-Control"]) == (415, "no-store")
    assert "Files cannot be uploaded" in text_of(response)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("length", ["65537", "9" * 11, "9" * 5000, "x", "-1", "²"])
def test_ava5_more_than_64_kb_is_413_at_any_page_and_is_not_read(path: str, length: str) -> None:
    response = send(path, FORM, length)
    assert response.status_code == 413
    assert "A request holds at most 64 KB" in text_of(response)


@pytest.mark.parametrize("path", PATHS)
def test_ava5_a_body_that_says_no_length_is_411_and_is_not_read(path: str) -> None:
    assert send(path, FORM, "", HTTP_TRANSFER_ENCODING="chunked").status_code == 411


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_ava5_it_holds_for_every_method(method: str) -> None:
    assert Client().generic(method, LOGIN_URL, b"x" * 65_537, FORM).status_code == 413


@pytest.mark.django_db
def test_ava5_64_kb_are_taken(alice: User) -> None:
    give_password(alice)
    fields = f"login=alice&password={PASSWORD.replace(' ', '+')}&more="
    response = Client().post(LOGIN_URL, fields + "x" * (65_536 - len(fields)), FORM)
    assert response.status_code == 302


def test_ava5_no_handler_of_files_is_left() -> None:
    request = RequestFactory().generic("POST", "/", FILE, "multipart/form-data; boundary=xxx")
    assert not request.upload_handlers


# --- Over a socket ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def server(
    temporary: Path, tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Gunicorn]:
    folder = tmp_path_factory.mktemp("server")
    (folder / "static").symlink_to(settings.STATIC_ROOT)
    with django_db_blocker.unblock(), gunicorn(folder, TMPDIR=str(temporary)) as running:
        yield running


def post(server: Gunicorn, path: str, content_type: str, body: bytes, *lines: str) -> Answer:
    lines = lines or (f"Content-Length: {len(body)}",)
    head = [f"POST {path} HTTP/1.1", "Host: localhost", "Connection: close", f"Content-Type: {content_type}", *lines]
    return server.send(("\r\n".join(head) + "\r\n\r\n").encode() + body)


@pytest.mark.parametrize("path", [LOGIN_URL, "/profile/", "/nowhere/"])
@pytest.mark.django_db(transaction=True)
def test_ava5_nothing_of_a_file_is_written_to_the_temporary_folder(
    server: Gunicorn, temporary: Path, path: str
) -> None:
    kind = "multipart/form-data; boundary=xxx"
    assert post(server, path, kind, FILE[:60_000]).status == 415
    assert post(server, path, kind, FILE[:60_000], "Cookie: csrf=x", "Content-Length: 60000").status == 415
    # The answer comes without the rest of the body.
    assert post(server, path, kind, FILE[:1000], f"Content-Length: {len(FILE)}").status == 415
    assert post(server, path, FORM, b"login=", "Content-Length: 300000000").status == 413
    assert not list(temporary.iterdir())


@pytest.mark.django_db(transaction=True)
def test_ava5_a_body_in_chunks_is_no_way_round(server: Gunicorn, temporary: Path) -> None:
    chunk = b"1000\r\n" + b"f" * 4096 + b"\r\n"
    for kind, statuses in (("multipart/form-data; boundary=xxx", {415}), (FORM, {411, 413})):
        answer = post(server, LOGIN_URL, kind, chunk * 20 + b"0\r\n\r\n", "Transfer-Encoding: chunked")
        assert answer.status in statuses
    assert not list(temporary.iterdir())
