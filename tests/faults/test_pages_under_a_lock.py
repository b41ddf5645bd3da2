"""Pages while somebody else writes for long, as a mass revocation does: they are read all the same (AVA-5)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from accounts.models import User
from tests.concurrency import threads, uncommitted
from tests.pages import LOGIN_URL, form_of, sign_in, text_of

pytestmark = pytest.mark.django_db(transaction=True)

SESSIONS = "/profile/devices/"


@pytest.fixture
def browser(alice: User) -> Client:
    return sign_in(Client(raise_request_exception=False), alice)


@contextmanager
def somebody_else_writes() -> Iterator[None]:
    """Holds the lock of a writer on SQLite, and on PostgreSQL those of every session, to the end of the block."""

    def lock_sessions() -> Any:
        return list(Session.objects.select_for_update()), list(UserSession.objects.select_for_update())

    with threads() as start, uncommitted(start, lock_sessions):
        yield


@contextmanager
def later(**shift: int) -> Iterator[None]:
    with time_machine.travel(time.time() + timedelta(**shift).total_seconds(), tick=False):
        yield


def last_seen() -> Any:
    return UserSession.objects.get().last_seen_at, Session.objects.get().expire_date


def test_ava5_a_page_is_read_while_another_writes_and_is_noted_at_the_next(browser: Client) -> None:
    before = last_seen()
    with later(minutes=6):
        with somebody_else_writes():
            assert browser.get("/profile/").status_code == 200
            assert browser.get(SESSIONS, REMOTE_ADDR="192.0.2.9").status_code == 200
        assert last_seen() == before
        assert browser.get("/profile/").status_code == 200
    assert all(now - then >= timedelta(minutes=6) for now, then in zip(last_seen(), before, strict=True))


def test_ava5_a_message_that_was_shown_while_another_wrote_is_shown_again(browser: Client) -> None:
    address = "/profile/edit/"
    browser.post(address, form_of(browser.get(address)) | {"name": "Alice Liddell"})
    with somebody_else_writes():
        assert "Alice Liddell" in text_of(browser.get("/profile/"))
    shown = ["data-toast" in browser.get("/profile/").content.decode() for _number in range(2)]
    assert shown in ([True, False], [False, False])


def test_ava5_who_waits_for_no_lock_waits_again_for_the_next(browser: Client) -> None:
    with later(minutes=6), somebody_else_writes():
        browser.get("/profile/")
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout" if connection.vendor == "postgresql" else "PRAGMA busy_timeout")
        assert cursor.fetchone() in {("10s",), (20_000,)}


def test_ava5_a_first_page_of_a_session_is_read_while_another_writes(alice: User, client: Client) -> None:
    client.force_login(alice)
    with somebody_else_writes():
        assert client.get("/profile/").status_code == 200
    client.get("/profile/")
    assert "1 session" in text_of(client.get(SESSIONS))


def test_peo3_reading_pages_keeps_a_session_alive_and_twelve_hours_without_end_it(browser: Client) -> None:
    for hours in (11, 22, 33):
        with later(hours=hours):
            assert browser.get("/profile/").status_code == 200
    with later(hours=33 + 11, minutes=54):
        assert browser.get("/profile/").status_code == 200
    with later(hours=33 + 11 + 12, minutes=55):
        assert browser.get("/profile/").status_code == 302


def test_t45_a_session_that_has_ended_is_not_noted(browser: Client) -> None:
    session = browser.session
    session.load()
    Session.objects.all().delete()
    with later(minutes=6):
        assert browser.get("/profile/").status_code == 302
    assert not Session.objects.exists()


@pytest.mark.once
@pytest.mark.parametrize("path", [LOGIN_URL, "/accounts/login/passkey/"])
def test_ava5_who_tries_to_sign_in_while_another_writes_gives_up_before_that_ends(db: None, path: str) -> None:
    visitor = Client()
    with somebody_else_writes():
        response = visitor.post(path, {"login": "alice", "password": "wrong"})
        assert (response.status_code, response.headers["Retry-After"]) == (503, "60")
