"""Shortening the life of many tokens: until when, which live longer, and their number (TOK-17, MANY-1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from reference_tokens.models import ReferenceToken
from tests.factories import alter, issued_pat, issued_sat
from tests.pages import errors_of, form_of, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

SHORTEN = "/manage/security/tokens/shorten-many/"
OWN_SHORTEN = "/profile/security/tokens/shorten-many/"


@pytest.fixture
def tokens(alice: User, bob: User, application: TrustedApplication) -> dict[str, ReferenceToken]:
    """Two that live long, one of an application without an end, and one that ends soon."""
    made = [
        issued_pat(alice, application, description="Laptop"),
        issued_pat(bob, application, description="Tablet"),
        issued_sat(application, description="Nightly"),
        issued_pat(alice, application, description="Soon"),
    ]
    tokens = {issued.token.description: issued.token for issued in made}
    alter(tokens["Nightly"], expires_at=None)
    alter(tokens["Soon"], expires_at=timezone.now() + timedelta(days=1))
    return tokens


@pytest.fixture
def until() -> datetime:
    return timezone.now().replace(second=0, microsecond=0) + timedelta(days=3)


def typed(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M}"


def answer(client: Client, asked: Any, number: str, **changes: Any) -> Any:
    return client.post(urlsplit(asked.wsgi_request.path).path, form_of(asked) | {"number": number} | changes)


def expiries() -> dict[str, datetime | None]:
    return dict(ReferenceToken.objects.values_list("description", "expires_at"))


def test_tok17_a_clock_that_was_put_back_since_they_were_issued_shortens_them(
    administrator_client: Client, tokens: dict[str, ReferenceToken], until: datetime
) -> None:
    issued_at = until + timedelta(hours=1)
    alter(tokens["Laptop"], issued_at=issued_at)
    chosen = [str(tokens[name].pk) for name in ("Laptop", "Tablet")]
    asked = administrator_client.get(SHORTEN, {"token": chosen, "expires_at": typed(until)})
    assert answer(administrator_client, asked, "2").status_code == 302
    assert (expiries()["Laptop"], expiries()["Tablet"]) == (issued_at + timedelta(seconds=1), until)


def test_it_is_asked_first_until_when_with_a_week_proposed(
    administrator_client: Client, tokens: dict[str, ReferenceToken]
) -> None:
    response = administrator_client.get(SHORTEN, {"matching": "1", "owner": "alice"})
    fields = form_of(response)
    assert (fields["owner"], fields["matching"]) == (["alice"], ["1"])
    proposed = datetime.fromisoformat(fields["expires_at"][0]).replace(tzinfo=UTC)
    assert abs(proposed - timezone.now() - timedelta(days=7)) < timedelta(minutes=2)
    assert "csrfmiddlewaretoken" not in fields


def test_tok17_those_that_live_longer_are_counted_and_shortened_with_one_entry(
    administrator_client: Client, tokens: dict[str, ReferenceToken], until: datetime
) -> None:
    before = expiries()
    asked = administrator_client.get(SHORTEN, {"matching": "1", "expires_at": typed(until)})
    words = text_of(asked)
    assert "Shorten the life of 3 tokens?" in words
    assert f"They expire on {until:%-d %b %Y, %H:%M} UTC." in words
    assert "reason" not in form_of(asked)
    response = answer(administrator_client, asked, "3")
    assert expiries() == before | dict.fromkeys(("Laptop", "Tablet", "Nightly"), until)
    said = text_of(administrator_client.get(response.headers["Location"]))
    assert f"3 tokens shortened, to {until:%-d %b %Y, %H:%M} UTC." in said
    entry = AuditEvent.objects.get(action="token:shorten_many")
    assert entry.target_type == "shortening"
    assert entry.details["chosen_by"] == {"state": "live"}
    assert (entry.details["count"], entry.details["after"]) == (3, until.isoformat())
    assert entry.details["before"]["without_expiry"] == 1


@pytest.mark.parametrize("wrong", ["", "2020-01-01T12:00", "tomorrow"])
def test_an_instant_that_is_none_or_has_passed_is_asked_for_again(
    administrator_client: Client, tokens: dict[str, ReferenceToken], wrong: str
) -> None:
    response = administrator_client.get(SHORTEN, {"matching": "1", "expires_at": wrong})
    assert response.status_code == 422
    assert len(errors_of(response)) == 1


def test_where_none_lives_longer_it_says_so(
    administrator_client: Client, tokens: dict[str, ReferenceToken], until: datetime
) -> None:
    late = typed(until + timedelta(days=3))
    response = administrator_client.get(SHORTEN, {"token": str(tokens["Soon"].pk), "expires_at": late})
    said = text_of(administrator_client.get(response.headers["Location"]))
    assert "None of the chosen tokens lives longer than that." in said


def test_the_wrong_number_shortens_nothing_and_keeps_the_instant(
    administrator_client: Client, tokens: dict[str, ReferenceToken], until: datetime
) -> None:
    before = expiries()
    asked = administrator_client.get(SHORTEN, {"matching": "1", "expires_at": typed(until)})
    response = answer(administrator_client, asked, "4")
    assert response.status_code == 422
    assert form_of(response)["expires_at"] == [typed(until)]
    assert expiries() == before


def test_seconds_that_a_program_types_are_left_out_of_the_question_and_of_the_act_alike(
    administrator_client: Client, tokens: dict[str, ReferenceToken], until: datetime
) -> None:
    alter(tokens["Soon"], expires_at=until + timedelta(seconds=10))
    asked = administrator_client.get(SHORTEN, {"matching": "1", "expires_at": f"{typed(until)}:30"})
    response = answer(administrator_client, asked, "4")
    assert "4 tokens shortened" in text_of(administrator_client.get(response.headers["Location"]))
    assert set(expiries().values()) == {until}


def test_many1_where_the_set_has_changed_nothing_is_shortened_and_it_is_asked_again(
    alice: User,
    administrator_client: Client,
    application: TrustedApplication,
    tokens: dict[str, ReferenceToken],
    until: datetime,
) -> None:
    asked = administrator_client.get(SHORTEN, {"matching": "1", "expires_at": typed(until)})
    issued_pat(alice, application, description="Newer")
    response = answer(administrator_client, asked, "3")
    again = administrator_client.get(response.headers["Location"])
    assert "There were 3, and now there are 4." in text_of(again)
    assert "Shorten the life of 4 tokens?" in text_of(again)
    assert until not in expiries().values()


def test_t11_a_token_that_comes_to_match_at_the_last_moment_stops_the_act(
    alice: User,
    administrator_client: Client,
    application: TrustedApplication,
    tokens: dict[str, ReferenceToken],
    until: datetime,
) -> None:
    late: list[Any] = []

    def issue_first(execute: Any, sql: str, *args: Any) -> Any:
        """Somebody else commits while the tokens that were shown are being locked."""
        if sql.startswith('UPDATE "reference_tokens_referencetoken" SET "expires_at"') and not late:
            late.append(None)
            issued_pat(alice, application, description="Late")
        return execute(sql, *args)

    asked = administrator_client.get(SHORTEN, {"matching": "1", "expires_at": typed(until)})
    with connection.execute_wrapper(issue_first):
        response = answer(administrator_client, asked, "3")
    assert late
    assert response.headers["Location"].startswith(f"{SHORTEN}?matching=1&expires_at=")
    assert until not in expiries().values()
    assert not AuditEvent.objects.filter(action="token:shorten_many").exists()


def test_sent_twice_the_second_says_that_none_lives_longer(
    administrator_client: Client, tokens: dict[str, ReferenceToken], until: datetime
) -> None:
    asked = administrator_client.get(SHORTEN, {"matching": "1", "expires_at": typed(until)})
    for _time in range(2):
        response = answer(administrator_client, asked, "3")
    said = text_of(administrator_client.get(response.headers["Location"]))
    assert "None of the chosen tokens lives longer than that." in said
    assert AuditEvent.objects.filter(action="token:shorten_many").count() == 1


@pytest.mark.parametrize("address", [SHORTEN, OWN_SHORTEN])
def test_an_address_that_chooses_nothing_leads_back_to_the_list(administrator_client: Client, address: str) -> None:
    for response in (administrator_client.get(address), administrator_client.post(address)):
        assert response.headers["Location"] == address.replace("shorten-many/", "")


def test_t10_a_person_shortens_their_own_tokens_and_no_others(
    alice_client: Client, tokens: dict[str, ReferenceToken], until: datetime
) -> None:
    before = expiries()
    every = [str(token.pk) for token in tokens.values()]
    asked = alice_client.get(OWN_SHORTEN, {"token": every, "expires_at": typed(until)})
    answer(alice_client, asked, "1")
    assert expiries() == before | {"Laptop": until}
