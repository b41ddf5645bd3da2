"""Devices: where a person is signed in, and ending that (T45)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from accounts.sessions.devices import end_all_devices
from tests.factories import another_browser, another_device, device_of
from tests.introspection import Statements
from tests.pages import HTMX, LOGIN_URL, form_of, give_password, signed_in, text_of

pytestmark = pytest.mark.django_db

LIST = "/profile/devices/"
END_OTHERS = "/profile/devices/end-others/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def end_url(device: UserSession) -> str:
    return f"/profile/devices/{device.pk}/end/"


def is_signed_in(client: Client) -> bool:
    return client.get(LIST).status_code == 200


@pytest.fixture
def other(alice: User) -> Client:
    """Alice's other browser."""
    return another_browser(alice)


@pytest.fixture
def device(other: Client) -> UserSession:
    """The session of that browser."""
    return device_of(other)


def test_a_device_says_what_it_is_where_from_and_when(alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = signed_in(alice, headers={"User-Agent": FIREFOX})
        clock.shift(timedelta(hours=3))
        words = text_of(client.get(LIST))
    assert "1 session" in words
    assert "Firefox on Windows This device 127.0.0.1 3 hours ago, exact time" in words
    assert "24 Nov 2026, 15:00:00 UTC" in words
    assert "End all other sessions" not in words


def test_this_device_comes_first_and_is_marked(alice_client: Client, device: UserSession) -> None:
    words = text_of(alice_client.get(LIST))
    assert "2 sessions" in words
    assert words.index("This device") < words.index("Firefox on Linux 192.0.2.7")
    assert words.count("This device") == 1
    assert "End all other sessions" in words


def test_t41_what_a_browser_says_of_itself_is_not_repeated(alice: User) -> None:
    client = signed_in(alice, headers={"User-Agent": "<script>alert(1)</script>\x00\u202e Firefox/1"})
    content = client.get(LIST).content.decode()
    assert "Firefox" in content
    assert "alert(1)" not in content
    assert "\x00" not in UserSession.objects.get().user_agent


def test_t45_no_session_key_is_shown(alice_client: Client, device: UserSession) -> None:
    pages = [alice_client.get(address) for address in (LIST, end_url(device), END_OTHERS)]
    keys = [str(alice_client.session.session_key), *Session.objects.values_list("session_key", flat=True)]
    assert len(keys) == 3
    assert not [key for key in keys for page in pages if key in page.content.decode()]


def test_devices_of_others_are_not_listed(alice_client: Client, bob: User) -> None:
    another_device(bob)
    assert "1 session" in text_of(alice_client.get(LIST))


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_get_asks_and_ends_nothing(alice_client: Client, other: Client, device: UserSession, headers: Any) -> None:
    one, all_others = (text_of(alice_client.get(url, headers=headers)) for url in (end_url(device), END_OTHERS))
    assert "End this session?" in one
    assert "Device Firefox on Linux Address 192.0.2.7" in one
    assert "End all other sessions?" in all_others
    assert "You stay signed in here and nowhere else." in all_others
    assert is_signed_in(other)


def test_t45_an_ended_session_is_out_at_its_next_request(
    alice: User, alice_client: Client, other: Client, device: UserSession
) -> None:
    assert is_signed_in(other)
    response = alice_client.post(end_url(device), form_of(alice_client.get(end_url(device))))
    assert (response.status_code, response.headers["Location"]) == (302, LIST)
    assert "The session was ended: Firefox on Linux." in text_of(alice_client.get(LIST))
    assert other.get("/profile/").headers["Location"].startswith(LOGIN_URL)
    event = AuditEvent.objects.get(action="session:end")
    assert (event.actor_id, event.target_id, event.details) == (str(alice.pk), str(alice.pk), {"sessions": 1})


def test_the_dialog_gets_the_list_as_it_is_now_and_the_message(alice_client: Client, device: UserSession) -> None:
    response = alice_client.post(end_url(device), headers=HTMX)
    assert response.content.decode().strip().startswith('<section id="devices" class="list" hx-swap-oob="true"')
    assert "The session was ended: Firefox on Linux." in text_of(response)
    assert "1 session" in text_of(response)


def test_t45_all_other_sessions_end_and_this_one_stays(alice: User, bob: User, alice_client: Client) -> None:
    others = [another_browser(alice) for _number in range(3)]
    stranger = another_browser(bob)
    alice_client.post(END_OTHERS, form_of(alice_client.get(END_OTHERS)))
    assert not any(map(is_signed_in, others))
    assert is_signed_in(stranger)
    assert "All other sessions were ended." in text_of(alice_client.get(LIST))
    assert AuditEvent.objects.get(action="session:end").details == {"sessions": 3}


def test_where_nothing_else_is_to_end_nothing_is_recorded(alice_client: Client) -> None:
    assert alice_client.post(END_OTHERS).headers["Location"] == LIST
    assert alice_client.post(END_OTHERS, headers=HTMX).status_code == 200
    assert not AuditEvent.objects.exists()
    assert is_signed_in(alice_client)


def test_a_session_that_has_ended_is_404(alice_client: Client, device: UserSession) -> None:
    alice_client.post(end_url(device))
    assert alice_client.post(end_url(device)).status_code == 404
    assert AuditEvent.objects.filter(action="session:end").count() == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_t10_the_session_of_somebody_else_is_404(
    administrator_client: Client, bob: User, other: Client, device: UserSession, method: str
) -> None:
    for client in (signed_in(bob), administrator_client):
        assert client.generic(method, end_url(device)).status_code == 404
    assert is_signed_in(other)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_this_session_ends_by_signing_out(alice_client: Client, method: str) -> None:
    alice_client.get(LIST)
    address = end_url(UserSession.objects.get())
    assert alice_client.generic(method, address).headers["Location"] == "/accounts/logout/"
    assert alice_client.generic(method, address, headers=HTMX).headers["HX-Redirect"] == "/accounts/logout/"
    assert is_signed_in(alice_client)


@pytest.mark.parametrize("device_id", ["0", "9" * 30, "x", "-1"])
def test_what_is_no_device_is_404(alice_client: Client, device_id: str) -> None:
    assert alice_client.post(f"/profile/devices/{device_id}/end/").status_code == 404


def test_t45_after_a_new_password_the_other_sessions_are_listed_no_more(
    alice: User, alice_client: Client, device: UserSession
) -> None:
    give_password(alice)
    fresh = signed_in(alice)
    assert "1 session" in text_of(fresh.get(LIST))
    assert not is_signed_in(alice_client)


def test_a_session_that_has_run_out_is_not_listed(alice: User, device: UserSession) -> None:
    Session.objects.filter(session_key=device.session_key).update(expire_date=datetime.now(UTC) - timedelta(seconds=1))
    assert "1 session" in text_of(signed_in(alice).get(LIST))


def test_at_most_a_hundred_are_shown_in_few_queries(alice: User, alice_client: Client) -> None:
    def queries() -> int:
        with Statements() as statements:
            alice_client.get(LIST)
        return len(statements.sql)

    for_one = queries()
    template = Session.objects.get()
    for number in range(101):
        Session.objects.create(
            session_key=f"key{number}", session_data=template.session_data, expire_date=template.expire_date
        )
        UserSession.objects.create(session_key=f"key{number}", user=alice, ip="::", user_agent="")
    assert queries() == for_one
    words = text_of(alice_client.get(LIST))
    assert "100 sessions" in words
    assert "This device" in words


# --- When a session was last seen ------------------------------------------------------------------------------------


def writes(client: Client, **options: Any) -> list[str]:
    """What a page view writes about devices."""
    with Statements() as statements:
        assert client.get("/profile/", **options).status_code == 200
    return [sql for sql in statements.sql if not sql.startswith("SELECT") and "usersession" in sql]


def test_ava5_last_seen_is_noted_every_five_minutes(alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = signed_in(alice)
        assert writes(client) == []
        clock.shift(timedelta(minutes=4, seconds=59))
        assert writes(client) == []
        clock.shift(timedelta(seconds=1))
        assert len(writes(client)) == 1
        assert writes(client) == []
        seen = UserSession.objects.get()
    assert (seen.created_at, seen.last_seen_at) == (NOW, NOW + timedelta(minutes=5))


def test_another_address_or_browser_is_noted_at_once(alice_client: Client) -> None:
    assert writes(alice_client, REMOTE_ADDR="192.0.2.9")
    assert writes(alice_client, REMOTE_ADDR="192.0.2.9", headers={"User-Agent": FIREFOX})
    seen = UserSession.objects.get()
    assert (seen.ip, seen.user_agent) == ("192.0.2.9", FIREFOX)


def test_the_address_is_the_one_that_the_trusted_proxy_wrote(alice_client: Client, settings: Settings) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    alice_client.get("/profile/", headers={"X-Forwarded-For": "6.6.6.6, 192.0.2.9"})
    assert UserSession.objects.get().ip == "192.0.2.9"


def test_an_address_that_cannot_be_told_is_unknown(alice_client: Client) -> None:
    assert "Unknown browser This device Unknown" in text_of(alice_client.get(LIST, REMOTE_ADDR=""))


def test_a_visitor_who_is_not_signed_in_leaves_no_trace(client: Client, db: None) -> None:
    client.get(LOGIN_URL)
    assert not UserSession.objects.exists()


def test_t45_a_request_under_way_does_not_bring_back_a_session_that_was_ended(
    alice_client: Client, other: Client
) -> None:
    session = other.session
    session["loaded"] = True
    alice_client.post(END_OTHERS)
    with pytest.raises(UpdateError):
        session.save()
    assert not is_signed_in(other)
    assert "1 session" in text_of(alice_client.get(LIST))


def test_t45_every_session_of_a_person_can_be_ended_at_once(alice: User, bob: User) -> None:
    clients = [signed_in(alice), signed_in(alice)]
    strangers = signed_in(bob)
    assert end_all_devices(actor=OPERATOR, user=alice, now=timezone.now()) == 2
    assert {client.get("/profile/").status_code for client in clients} == {302}
    assert strangers.get("/profile/").status_code == 200
    assert AuditEvent.objects.get().details == {"sessions": 2}
