"""How many tokens there are, as they were counted within the last minutes."""

from __future__ import annotations

from reference_tokens.endpoints.metrics.exposition import Metric, Sample, gauge
from reference_tokens.maintenance.token_numbers import EXPIRING_DAYS, Number
from reference_tokens.models import TokenNumber


def tokens() -> list[Metric]:
    """The numbers that were last stored; none before that."""
    stored = {row.name: row for row in TokenNumber.objects.all()}
    numbers = {name: row.number for name, row in stored.items()}
    expiring = {str(days): numbers.get(f"{Number.EXPIRING}_{days}") for days in EXPIRING_DAYS}
    states = {state.value: numbers.get(state) for state in (Number.LIVE, Number.SUSPENDED)}
    counted = min((row.counted_at for row in stored.values()), default=None)
    return [
        labelled("tokens", "Tokens that have not ended, by what they are now.", "state", states),
        labelled(
            "tokens_expiring", "Tokens that have not ended and expire within so many days.", "within_days", expiring
        ),
        gauge("tokens_exposed", "Tokens that were found in public, ended or not.", numbers.get(Number.EXPOSED)),
        gauge(
            "tokens_outside_policy",
            "Tokens that have not ended and could not be issued today.",
            numbers.get(Number.OUTSIDE_POLICY),
        ),
        gauge(
            "tokens_counted_timestamp_seconds",
            "When tokens were last counted (Unix time).",
            int(counted.timestamp()) if counted else None,
        ),
    ]


def labelled(name: str, about: str, label: str, numbers: dict[str, int | None]) -> Metric:
    """A gauge with a sample for each value of a label whose number is known."""
    found = [Sample(number, {label: value}) for value, number in numbers.items() if number is not None]
    return Metric(name, "gauge", about, found)
