"""The uses of tokens over the last days, as lists and the details page show them; days are those of UTC."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.text.languages import day_in_words
from accounts.text.numbers import grouped_number
from reference_tokens.models import AnswerCount, DailyUse, ReferenceToken, TokenUse
from reference_tokens.usage.charts import Bars, DayCount, Line, bars, every_day, line

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Mapping
    from datetime import date, datetime

SPARKLINE_DAYS = 30
CHART_DAYS = (30, 90)


@dataclass(frozen=True, slots=True)
class Sparkline:
    """The uses of the last 30 days: as a line, as their number, and in a sentence."""

    drawing: Line
    total: str
    text: str


@dataclass(frozen=True, slots=True)
class UsagePanel:
    """The bars of accepted or of refused uses, with the numbers beside them."""

    label: str
    total: str
    drawing: Bars
    ticks: list[str]
    is_refused: bool


@dataclass(frozen=True, slots=True)
class UsageChart:
    """The uses of a token by day: as bars, in a sentence, and as a table, newest first."""

    days: int
    choices: list[tuple[int, str]]
    summary: str
    panels: list[UsagePanel]
    day_labels: list[str]
    table: list[DayCount]
    is_empty: bool


def sparklines(tokens: Collection[ReferenceToken], now: datetime) -> dict[uuid.UUID, Sparkline]:
    """The sparklines of those tokens that were used within 30 days, all on one scale; one query."""
    counts = daily_counts(tokens, now, SPARKLINE_DAYS)
    most = {token_id: max(map(accepted, days)) for token_id, days in counts.items()}
    top = max(most.values(), default=0)
    return {token_id: sparkline(days, top) for token_id, days in counts.items() if most[token_id]}


def sparkline(days: list[DayCount], top: int) -> Sparkline:
    """The line of the accepted uses of these days; `top` is as high as it can get."""
    values = list(map(accepted, days))
    total = sum(values)
    text = ngettext(
        "%(total)s use in 30 days, on %(day)s.", "%(total)s uses in 30 days, most on %(day)s: %(most)s.", total
    )
    busiest = max(days, key=accepted)
    said = {"total": grouped_number(total), "day": short_day(busiest.day), "most": grouped_number(busiest.accepted)}
    return Sparkline(line(values, top), grouped_number(total), text % said)


def usage_chart(token: ReferenceToken, query: Mapping[str, str], now: datetime) -> UsageChart:
    """The uses of a token over the number of days that the query of the page asks for; one query."""
    days = days_in(query)
    counts = daily_counts([token], now, days).get(token.pk) or every_day([], utc_day(now), days)
    return chart_of(counts)


def validations_chart(query: Mapping[str, str], now: datetime) -> UsageChart:
    """All validations of the instance over the number of days that the query of the page asks for; one query."""
    days, last = days_in(query), utc_day(now)
    is_accepted = Q(outcome=AnswerCount.ACCEPTED)
    answers = AnswerCount.objects.filter(day__gt=last - timedelta(days=days), day__lte=last).order_by().values("day")
    sums = answers.annotate(
        accepted=Sum("count", filter=is_accepted, default=0), refused=Sum("count", filter=~is_accepted, default=0)
    )
    return chart_of(every_day([DayCount(**each) for each in sums], last, days))


def days_in(query: Mapping[str, str]) -> int:
    """The number of days that the query of a page asks for, of those that are offered."""
    return next((days for days in CHART_DAYS if query.get("days") == str(days)), CHART_DAYS[0])


def chart_of(counts: list[DayCount]) -> UsageChart:
    """The chart of these days, the last of which is today."""
    days = len(counts)
    total, refused = sum(map(accepted, counts)), sum(count.refused for count in counts)
    panels = [usage_panel(_("Accepted"), list(map(accepted, counts)), is_refused=False)]
    if refused:
        panels.append(usage_panel(_("Refused"), [count.refused for count in counts], is_refused=True))
    return UsageChart(
        days=days,
        choices=[(each, _("%(days)d days") % {"days": each}) for each in CHART_DAYS],
        summary=usage_summary(days, total, refused, max(counts, key=accepted)),
        panels=panels,
        day_labels=[short_day(counts[place].day) for place in (0, days // 2, days - 1)],
        table=counts[::-1],
        is_empty=not (total or refused),
    )


def usage_panel(label: str, values: list[int], *, is_refused: bool) -> UsagePanel:
    """The bars of one outcome."""
    drawing = bars(values)
    return UsagePanel(label, grouped_number(sum(values)), drawing, list(map(grouped_number, drawing.ticks)), is_refused)


def usage_summary(days: int, total: int, refused: int, busiest: DayCount) -> str:
    """The chart in words."""
    said = [
        _("The last %(days)d days: %(accepted)s accepted, %(refused)s refused.")
        % {"days": days, "accepted": grouped_number(total), "refused": grouped_number(refused)}
    ]
    if busiest.accepted:
        text = _("The busiest day was %(day)s, with %(most)s accepted.")
        said.append(text % {"day": short_day(busiest.day), "most": grouped_number(busiest.accepted)})
    return " ".join(said)


def daily_counts(tokens: Collection[ReferenceToken], now: datetime, days: int) -> dict[uuid.UUID, list[DayCount]]:
    """The counts of the last so many days, today included, of those tokens that have any; one query."""
    last = utc_day(now)
    first = last - timedelta(days=days - 1)
    found: dict[uuid.UUID, dict[date, DayCount]] = defaultdict(dict)
    ids = [token.pk for token in tokens]
    days_before = DailyUse.objects.filter(token__in=ids, day__gte=first, day__lte=last)
    last_days = TokenUse.objects.filter(pk__in=ids, counted_on__gte=first, counted_on__lte=last)
    # One statement: between two a batch may move the last day to those before. A part of one day may stand in both.
    uses = (
        days_before.order_by()
        .values_list("token_id", "day", "accepted", "refused")
        .union(last_days.order_by().values_list("pk", "counted_on", "accepted_on_day", "refused_on_day"), all=True)
    )
    for token_id, day, good, bad in uses:
        known = found[token_id].get(day, DayCount(day))
        found[token_id][day] = DayCount(day, known.accepted + (good or 0), known.refused + (bad or 0))
    return {token_id: every_day(list(counts.values()), last, days) for token_id, counts in found.items()}


def utc_day(now: datetime) -> date:
    """The present day in UTC."""
    return now.astimezone(UTC).date()


def accepted(count: DayCount) -> int:
    """How often the token was accepted."""
    return count.accepted


def short_day(day: date) -> str:
    """A day of the last months, as in "23 Dec"."""
    return day_in_words(day)
