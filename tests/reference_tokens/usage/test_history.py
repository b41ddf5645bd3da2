"""The uses of the last days: the lines of lists and the chart of a token (TOK-13)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from reference_tokens.models import DailyUse, ReferenceToken
from reference_tokens.usage.history import sparklines, usage_chart
from tests.factories import issued_pat
from tests.introspection import Statements
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 3, 1, 0, 30, tzinfo=UTC)


def used(token: ReferenceToken, days_ago: int, accepted: int = 1, refused: int = 0) -> None:
    DailyUse.objects.create(token=token, day=NOW.date() - timedelta(days=days_ago), accepted=accepted, refused=refused)


def text_of_line(token: ReferenceToken) -> str | None:
    found = sparklines([token], NOW).get(token.pk)
    return found.text if found else None


def test_a_line_says_how_often_and_when_most(token: ReferenceToken) -> None:
    used(token, 0, 4)
    used(token, 29, 1_200)
    used(token, 30, 9_000)
    assert text_of_line(token) == "1,204 uses in 30 days, most on 31 Jan: 1,200."


def test_one_use_is_told_as_one(token: ReferenceToken) -> None:
    used(token, 3)
    assert text_of_line(token) == "1 use in 30 days, on 26 Feb."


def test_a_token_that_was_only_refused_has_no_line(token: ReferenceToken) -> None:
    used(token, 3, 0, 7)
    assert text_of_line(token) is None


def test_the_lines_of_a_page_cost_one_query(
    alice: User, application: TrustedApplication, token: ReferenceToken
) -> None:
    other = issued_pat(alice, application).token
    for each in (token, other):
        used(each, 1)
    with Statements() as statements:
        assert set(sparklines([token, other], NOW)) == {token.pk, other.pk}
    assert len(statements.sql) == 1


def test_the_lines_of_a_list_have_one_scale_and_their_number(
    alice: User, application: TrustedApplication, token: ReferenceToken
) -> None:
    other = issued_pat(alice, application).token
    used(token, 1, 500)
    used(other, 1, 1_000)
    found = sparklines([token, other], NOW)
    assert [found[one.pk].total for one in (token, other)] == ["500", "1,000"]
    assert sparklines([token], NOW)[token.pk].drawing == found[other.pk].drawing != found[token.pk].drawing


@pytest.mark.parametrize(("query", "days"), [({}, 30), ({"days": "90"}, 90), ({"days": "30"}, 30), ({"days": "9"}, 30)])
def test_the_address_chooses_the_days(token: ReferenceToken, query: dict[str, str], days: int) -> None:
    chart = usage_chart(token, query, NOW)
    assert (chart.days, len(chart.table)) == (days, days)


def test_a_chart_tells_its_days_from_first_to_today_and_its_table_from_today_back(token: ReferenceToken) -> None:
    used(token, 0, 3, 1)
    chart = usage_chart(token, {}, NOW)
    assert chart.day_labels == ["31 Jan", "15 Feb", "1 Mar"]
    assert (chart.table[0].day, chart.table[0].accepted, chart.table[0].refused) == (NOW.date(), 3, 1)
    assert not any(count.accepted for count in chart.table[1:])


def test_a_chart_says_in_words_what_it_draws(token: ReferenceToken) -> None:
    used(token, 2, 1_000, 20)
    used(token, 1, 5)
    chart = usage_chart(token, {}, NOW)
    assert chart.summary == (
        "The last 30 days: 1,005 accepted, 20 refused. The busiest day was 27 Feb, with 1,000 accepted."
    )
    assert [(panel.label, panel.total, panel.ticks) for panel in chart.panels] == [
        ("Accepted", "1,005", ["1,000", "500", "0"]),
        ("Refused", "20", ["20", "10", "0"]),
    ]


def test_without_refusals_there_is_one_panel_and_without_uses_no_busiest_day(token: ReferenceToken) -> None:
    chart = usage_chart(token, {}, NOW)
    assert chart.is_empty
    assert [panel.label for panel in chart.panels] == ["Accepted"]
    assert chart.summary == "The last 30 days: 0 accepted, 0 refused."


def test_the_days_are_those_of_utc_wherever_the_reader_is(token: ReferenceToken) -> None:
    used(token, 0, 7)
    in_new_york = NOW.astimezone(ZoneInfo("America/New_York"))
    assert in_new_york.date() < NOW.date()
    assert usage_chart(token, {}, in_new_york).table[0].accepted == 7
