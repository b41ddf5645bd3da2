"""The sites where the database cannot do what a page needs: 503 and their page, never 500 (VAL-4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import connection
from django.test import Client

from accounts.models import User
from tests.conftest import is_postgresql
from tests.factories import PASSWORD
from tests.gunicorn import Gunicorn, gunicorn, url_of_no_database
from tests.pages import CONFIRM_URL, LOGIN_URL, give_password, sign_in, text_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def browser(alice: User) -> Client:
    """Alice's, who is signed in; as a browser does, it gets an answer whatever happens."""
    return sign_in(Client(raise_request_exception=False), give_password(alice))


@contextmanager
def without(table: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO gone")
        try:
            yield
        finally:
            cursor.execute(f"ALTER TABLE gone RENAME TO {table}")


@contextmanager
def read_only() -> Iterator[None]:
    statement = "SET default_transaction_read_only = {}" if is_postgresql() else "PRAGMA query_only = {}"
    with connection.cursor() as cursor:
        cursor.execute(statement.format("on"))
        try:
            yield
        finally:
            cursor.execute(statement.format("off"))


def try_to_sign_in(login: str) -> Any:
    return Client(raise_request_exception=False).post(LOGIN_URL, {"login": login, "password": "wrong"})


def is_told_to_come_again(response: Any) -> bool:
    assert "Temporarily unavailable" in text_of(response)
    return bool(response.status_code == 503 and response.headers["Retry-After"].isdigit())


# --- Whatever lacks, wherever it is met ------------------------------------------------------------------------------


@pytest.mark.once
@pytest.mark.parametrize("table", ["django_session", "accounts_user", "trusted_apps_trustedapplication"])
def test_a_page_that_needs_what_cannot_be_read_is_503(browser: Client, table: str) -> None:
    """Whether the middleware meets it first, the view, or the template."""
    with without(table):
        assert is_told_to_come_again(browser.get("/profile/security/tokens/new/"))
    assert browser.get("/profile/security/tokens/new/").status_code == 200


@pytest.mark.once
def test_a_page_that_is_not_there_is_503_too_for_whoever_comes_with_a_session(browser: Client) -> None:
    with without("django_session"):
        assert is_told_to_come_again(browser.get("/nowhere/"))


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/profile/edit/", {"name": "Alice", "language": "en", "time_zone": "UTC"}),
        ("/accounts/logout/", {}),
        (CONFIRM_URL, {"password": PASSWORD}),
        (LOGIN_URL, {"login": "alice", "password": PASSWORD}),
        ("/accounts/password/reset/", {"login": "alice"}),
    ],
)
def test_what_cannot_be_written_is_503(browser: Client, path: str, form: dict[str, str]) -> None:
    client = Client(raise_request_exception=False) if path == LOGIN_URL else browser
    with read_only():
        assert is_told_to_come_again(client.post(path, form))


def test_a_session_that_cannot_be_stored_is_503_and_has_not_ended(browser: Client) -> None:
    """What this page shows is kept in the session; Django would say that the session is gone."""
    with read_only():
        assert is_told_to_come_again(browser.get("/profile/security/second-factors/app/"))
    assert browser.get("/profile/security/second-factors/app/").status_code == 200


@pytest.mark.once
def test_a_database_that_is_full_is_503(browser: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA max_page_count = 1")
        found = [try_to_sign_in(f"nobody{number}") for number in range(50)]
        cursor.execute("PRAGMA max_page_count = 1073741823")
    assert {response.status_code for response in found} == {200, 503}
    assert is_told_to_come_again(found[-1])


# --- And what goes on ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any) -> Iterator[Gunicorn]:
    """The real server, whose database is not there."""
    folder = tmp_path_factory.mktemp("lost")
    (folder / "static").symlink_to(settings.STATIC_ROOT)
    with django_db_blocker.unblock(), gunicorn(folder, DATABASE_URL=url_of_no_database(folder)) as server:
        yield server


def get(server: Gunicorn, path: str, *lines: str) -> Any:
    head = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *lines]
    return server.send(("\r\n".join(head) + "\r\n\r\n").encode())


@pytest.mark.parametrize("path", ["/profile/", "/manage/", "/nowhere/"])
def test_without_a_database_whoever_is_signed_in_is_told_to_come_again(lost: Gunicorn, path: str) -> None:
    answer = get(lost, path, "Cookie: session=" + "a" * 32)
    assert (answer.status, b"Temporarily unavailable" in answer.body) == (503, True)
    assert answer.header("Retry-After") == "5"
    assert answer.header("Cache-Control") == "no-store"


def test_without_a_database_files_and_the_process_go_on(lost: Gunicorn) -> None:
    assert get(lost, "/healthz").status == 200
    assert get(lost, staticfiles_storage.url("css/app.css")).status == 200
