"""No instant that somebody writes is answered with a failure of the server, at any door."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from accounts.text.instants import is_known_zone, on_clock, parse_instant, zone_named
from tests.factories import issued_pat
from tests.pages import form_of
from trusted_apps.models import TrustedApplication

ENDS = [
    "9999-12-31T23:59",
    "9999-12-31T23:59:59",
    "0001-01-01T00:00",
    "9999-12-31T23:59-14:00",
    "0001-01-01T00:00+14:00",
    "10000-01-01T00:00",
    "9" * 400,
]
ZONES = ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC", "Mars/Phobos", "Europe"]


@pytest.mark.once
@pytest.mark.parametrize("text", ["0001-01-01T00:00+00:01", "9999-12-31T23:59-00:01", "soon", "", "9" * 400])
def test_what_no_clock_shows_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError):
        parse_instant(text)


@pytest.mark.once
def test_an_instant_without_an_offset_is_in_utc() -> None:
    assert (
        parse_instant("2027-01-31T12:00")
        == parse_instant("2027-01-31T14:00+02:00")
        == datetime(2027, 1, 31, 12, tzinfo=UTC)
    )


@pytest.mark.once
def test_a_clock_that_does_not_reach_an_instant_shows_nothing() -> None:
    east = timezone(timedelta(hours=14))
    assert on_clock(datetime.max.replace(tzinfo=UTC), east) is None
    assert on_clock(datetime(2027, 1, 1, tzinfo=UTC), east) == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.once
def test_a_zone_that_this_machine_does_not_know_is_utc() -> None:
    assert zone_named("Mars/Phobos") is UTC
    assert not is_known_zone("../etc/passwd")
    assert is_known_zone("Europe/Berlin")


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("instant", ENDS)
def test_the_ends_of_the_calendar_are_refused_in_the_forms_of_a_token(
    alice: User,
    alice_client: Client,
    administrator_client: Client,
    application: TrustedApplication,
    zone: str,
    instant: str,
) -> None:
    User.objects.update(time_zone=zone)
    manage = f"/manage/security/trusted-apps/{application.pk}/tokens/new/"
    for client, address in ((alice_client, "/profile/security/tokens/new/"), (administrator_client, manage)):
        fields = form_of(client.get(address)) | {"expires": ["custom"], "expires_at": [instant]}
        assert client.post(address, fields).status_code == 422
        for name in ("expires", "expires_at"):
            assert client.get(address, {name: instant}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "text", [*ENDS, "0.-62135596800000000.x", "0.253402300799999999.00000000000000000000000000000001"]
)
def test_no_parameter_of_a_page_is_answered_with_a_failure(
    alice: User,
    alice_client: Client,
    administrator_client: Client,
    application: TrustedApplication,
    zone: str,
    text: str,
) -> None:
    token = issued_pat(alice, application).token
    User.objects.update(time_zone=zone)
    doors = [
        (alice_client, "/profile/security/tokens/"),
        (alice_client, f"/profile/security/tokens/{token.pk}/"),
        (alice_client, "/profile/"),
        (administrator_client, "/manage/security/tokens/"),
        (administrator_client, "/manage/security/users/"),
        (administrator_client, "/manage/security/trusted-apps/"),
        (administrator_client, f"/manage/security/tokens/{token.pk}/"),
    ]
    for client, address in doors:
        query = dict.fromkeys(("after", "before", "days", "since", "period", "sort", "state"), text)
        assert client.get(address, query).status_code in {200, 302, 404}


@pytest.mark.django_db
@pytest.mark.parametrize("instant", ENDS)
def test_the_ends_of_the_calendar_are_told_in_one_line_by_commands(
    alice: User, application: TrustedApplication, instant: str
) -> None:
    whom = ["--application", application.application_uri, "--user", alice.username]
    with pytest.raises(CommandError):
        call_command("issue_token", *whom, "--expires-at", instant)
    with pytest.raises(CommandError):
        call_command("issue_token", *whom, "--expires-in-days", "9" * 30)


@pytest.mark.django_db
def test_a_person_is_told_that_their_zone_is_not_known(alice: User, alice_client: Client) -> None:
    User.objects.update(time_zone="Mars/Phobos")
    assert "The server does not know this time zone" in alice_client.get("/profile/").content.decode()
