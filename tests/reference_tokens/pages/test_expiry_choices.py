"""TOK-5, T6: what each expiration time means, in UTC and on the viewer's clock, whatever clocks do."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import Door
from reference_tokens.pages.issuing.expiry_choices import expiry_choices, local_text
from reference_tokens.pages.issuing.forms import TokenForm
from reference_tokens.validation.decision import Inactive
from reference_tokens.validation.validate import validate
from tests.factories import ApplicationFactory, issued_pat
from tests.pages import form_of, text_of
from trusted_apps.models import TrustedApplication

CREATE = "/profile/security/tokens/new/"
ZONES = ["Pacific/Auckland", "America/New_York"]


@pytest.fixture(params=["UTC", *ZONES])
def process_zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """This process in a time zone, as the environment variable TZ sets it: it must not matter."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize(
    ("instant", "time_zone", "text"),
    [
        ("2027-01-31T12:00", "UTC", ""),
        ("2027-01-31T12:00", "Europe/London", ""),
        ("2027-07-31T12:00", "Europe/London", "31 Jul 2027, 13:00 Europe/London"),
        ("2027-01-31T12:00", "Pacific/Auckland", "1 Feb 2027, 01:00 Pacific/Auckland"),
        ("2027-01-31T12:00", "America/Sao_Paulo", "31 Jan 2027, 09:00 America/Sao_Paulo"),
        ("2027-01-31T12:00", "Asia/Kathmandu", "31 Jan 2027, 17:45 Asia/Kathmandu"),
        # The gap: New York's clocks go from 2 to 3 on 14 March.
        ("2027-03-14T06:59", "America/New_York", "14 Mar 2027, 01:59 America/New_York"),
        ("2027-03-14T07:00", "America/New_York", "14 Mar 2027, 03:00 America/New_York"),
        # The fold: they show the hour from 1 to 2 twice on 7 November. UTC stands beside it and tells which is meant.
        ("2027-11-07T05:30", "America/New_York", "7 Nov 2027, 01:30 America/New_York"),
        ("2027-11-07T06:30", "America/New_York", "7 Nov 2027, 01:30 America/New_York"),
        # Auckland: the fold of 4 April, the gap of 26 September.
        ("2027-04-03T13:30", "Pacific/Auckland", "4 Apr 2027, 02:30 Pacific/Auckland"),
        ("2027-04-03T14:30", "Pacific/Auckland", "4 Apr 2027, 02:30 Pacific/Auckland"),
        ("2027-09-25T14:00", "Pacific/Auckland", "26 Sep 2027, 03:00 Pacific/Auckland"),
    ],
)
def test_t6_every_instant_has_one_local_time_that_names_its_zone(
    process_zone: str, instant: str, time_zone: str, text: str
) -> None:
    assert local_text(datetime.fromisoformat(instant).replace(tzinfo=UTC), time_zone) == text


@pytest.mark.parametrize("time_zone", ["UTC", *ZONES])
def test_t6_a_day_is_24_hours_over_every_change_of_the_clocks(process_zone: str, time_zone: str) -> None:
    """A token of seven days over either change lives 168 hours, and its local time moves by one."""
    application = TrustedApplication(name="Excel")
    for start in ("2027-03-10T12:00:30", "2027-04-01T12:00:30", "2027-09-22T12:00:30", "2027-11-03T12:00:30"):
        now = datetime.fromisoformat(start).replace(tzinfo=UTC)
        first = expiry_choices(application, checked="", now=now, time_zone=time_zone)[0]
        assert first.instant_text == f"{now + timedelta(hours=168):%-d %b %Y, %H:%M}"
        assert first.instant_text.endswith("12:00")
    autumn = datetime(2027, 11, 3, 12, tzinfo=UTC)
    local = expiry_choices(application, checked="", now=autumn, time_zone="America/New_York")[0].local_text
    assert (local_text(autumn, "America/New_York"), local) == (
        "3 Nov 2027, 08:00 America/New_York",
        "07:00 America/New_York",
    )


def test_tok5_the_date_stands_twice_only_where_it_differs() -> None:
    def texts(hour: int) -> tuple[str, str]:
        now = datetime(2026, 12, 24, hour, tzinfo=UTC)
        choice = expiry_choices(TrustedApplication(), checked="", now=now, time_zone="Pacific/Auckland")[0]
        return choice.instant_text, choice.local_text

    assert texts(10) == ("31 Dec 2026, 10:00", "23:00 Pacific/Auckland")
    assert texts(12) == ("31 Dec 2026, 12:00", "1 Jan 2027, 01:00 Pacific/Auckland")


@pytest.mark.django_db
@pytest.mark.parametrize("time_zone", ["UTC", *ZONES])
@pytest.mark.parametrize(
    "typed",
    # Times that a clock in New York or Auckland never shows, or shows twice.
    ["2027-03-14T02:30", "2027-11-07T01:30", "2027-04-04T02:30", "2027-09-26T02:30"],
)
def test_t6_what_is_typed_is_utc_whatever_zone_the_process_the_person_or_the_thread_is_in(
    process_zone: str, time_zone: str, typed: str
) -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    data = {"expires": "custom", "expires_at": typed, "scopes": ["read"], "request_key": ""}
    with timezone.override(time_zone):
        application = ApplicationFactory.create()
        form = TokenForm(data, application=application, now=now, time_zone=time_zone)
        assert form.is_valid(), form.errors
        assert form.token_request().expires_at == datetime.fromisoformat(typed).replace(tzinfo=UTC)
        assert f'value="{typed}"' in str(form["expires_at"])


@pytest.mark.django_db
@pytest.mark.parametrize("days", [7, 30, 60, 90, 365])
def test_t6_a_token_is_good_until_its_second_and_not_from_it_on(
    process_zone: str, alice: User, application: TrustedApplication, days: int
) -> None:
    now = datetime(2027, 3, 10, 12, 0, 30, 999, tzinfo=UTC)
    expires_at = datetime(2027, 3, 10, 12, 0, 30, tzinfo=UTC) + timedelta(days=days)
    with time_machine.travel(now, tick=False):
        issued = issued_pat(alice, application, expires_at=expires_at)
    answers = []
    for second in (-1, 0, 1):
        with time_machine.travel(expires_at + timedelta(seconds=second), tick=False):
            answers.append(validate(issued.plaintext, now=timezone.now(), door=Door.TOKEN_ITSELF).inactive)
    assert answers == [None, Inactive.EXPIRED, Inactive.EXPIRED]


@pytest.mark.parametrize("time_zone", ZONES)
def test_tok5_the_page_says_each_instant_in_utc_and_on_the_viewers_clock(
    alice: User, alice_client: Client, application: TrustedApplication, time_zone: str
) -> None:
    User.objects.update(time_zone=time_zone)
    with time_machine.travel(timezone.now(), tick=False):
        response = alice_client.get(CREATE)
        now = timezone.now().replace(microsecond=0)
    for days in (7, 30, 60, 90, 365):
        instant = now + timedelta(days=days)
        beside = local_text(instant, time_zone).removeprefix(f"{instant:%-d %b %Y}, ")
        assert f"{days} days {instant:%-d %b %Y, %H:%M} {beside}" in text_of(response)
    assert f'data-zone="{time_zone}"' in response.content.decode()


def test_tok5_for_who_reads_in_utc_it_stands_once(alice_client: Client, application: TrustedApplication) -> None:
    response = alice_client.get(CREATE)
    assert "data-zone" not in response.content.decode()
    instant = timezone.now().replace(microsecond=0) + timedelta(days=7)
    assert text_of(response).count(f"{instant:%-d %b %Y}") == 1


def test_tok5_without_script_the_local_time_of_a_custom_instant_stands_in_the_answer(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    User.objects.update(time_zone="Pacific/Auckland")
    fields = form_of(alice_client.get(CREATE)) | {"expires": ["custom"], "expires_at": ["2040-01-31T12:00"]}
    answer = alice_client.post(CREATE, fields)
    assert answer.status_code == 422
    assert "In your time zone: 1 Feb 2040, 01:00 Pacific/Auckland" in text_of(answer)
