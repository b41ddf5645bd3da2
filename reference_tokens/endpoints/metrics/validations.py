"""What was asked and answered: validations by door, outcome and time, and what else happened."""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate

from django.db.models import Sum

from accounts.events import Event
from reference_tokens.endpoints.metrics.exposition import Metric, Sample, counter
from reference_tokens.models import AnswerCount, EventCount, ValidationTime
from reference_tokens.usage.batch import WITHIN

EVENTS = {
    Event.SIGN_IN_FAILED: (
        "sign_ins_failed_total",
        "Sign-ins refused: a wrong password, passkey or provider's answer.",
    ),
    Event.SECOND_FACTOR_FAILED: ("second_factors_failed_total", "Wrong codes of second factors."),
    Event.ATTEMPTS_LIMITED: ("attempts_limited_total", "Attempts to sign in refused since there were too many."),
    Event.RESOURCE_SERVER_REFUSED: (
        "resource_servers_refused_total",
        "Requests of Resource Servers that could not authenticate.",
    ),
    Event.UNAVAILABLE: ("answers_unavailable_total", "Requests to machine addresses answered 503: the store failed."),
    Event.FAILED: ("answers_failed_total", "Requests to machine addresses answered 500: a fault of the service."),
    Event.USE_LOST: ("uses_lost_total", "Uses and refusals of tokens that are in no list: there was no room."),
}


def answered() -> Metric:
    """The answers that each Resource Server was given."""
    counts = AnswerCount.objects.order_by("client_id", "outcome").values_list("client_id", "outcome")
    return counter(
        "answers_total",
        "Validations answered, by Resource Server and outcome.",
        *(
            Sample(total, {"client_id": client_id, "outcome": outcome})
            for client_id, outcome, total in counts.annotate(total=Sum("count"))
        ),
    )


def validations() -> list[Metric]:
    """How many there were at each door, with which outcome, and how long they took."""
    outcomes: defaultdict[tuple[str, str], int] = defaultdict(int)
    within: defaultdict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(WITHIN, 0))
    seconds: defaultdict[str, float] = defaultdict(float)
    rows = ValidationTime.objects.order_by("door", "outcome")
    for door, outcome, time, count, took in rows.values_list("door", "outcome", "within", "count", "seconds"):
        outcomes[door, outcome] += count
        within[door][time] = within[door].get(time, 0) + count
        seconds[door] += took
    return [
        counter(
            "validations_total",
            "Validations answered, by door and outcome.",
            *(Sample(total, {"door": door, "outcome": outcome}) for (door, outcome), total in outcomes.items()),
        ),
        Metric(
            "validation_duration_seconds",
            "histogram",
            "From the arrival of a whole request to the decision on its token, by door.",
            [sample for door, counts in within.items() for sample in histogram(door, counts, seconds[door])],
        ),
    ]


def histogram(door: str, counts: dict[str, int], seconds: float) -> list[Sample]:
    """The samples of a door: how many validations took no longer than each time, how many there were, and the sum."""
    labels = {"door": door}
    times = sorted(counts, key=float)
    sums = list(accumulate(counts[time] for time in times))
    return [
        *(Sample(total, labels | {"le": time}, "_bucket") for time, total in zip(times, sums, strict=True)),
        Sample(seconds, labels, "_sum"),
        Sample(sums[-1], labels, "_count"),
    ]


def events() -> list[Metric]:
    """How often each event happened, 0 where it never did."""
    counts = dict(EventCount.objects.values_list("event", "count"))
    return [counter(name, about, Sample(counts.get(event, 0))) for event, (name, about) in EVENTS.items()]
