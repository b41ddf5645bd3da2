"""Prometheus' text format 0.0.4: metrics with what they mean, and their samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "reference_tokens_"
NO_LABELS: Mapping[str, str] = {}


class Sample(NamedTuple):
    """One number of a metric."""

    value: float
    labels: Mapping[str, str] = NO_LABELS
    # Behind the name of the metric, as a histogram has it.
    suffix: str = ""


@dataclass(frozen=True)
class Metric:
    """A metric by its name without the prefix: counters end in `_total`, times and memory in their unit."""

    name: str
    kind: str
    about: str
    samples: list[Sample] = field(default_factory=list)

    def lines(self) -> Iterable[str]:
        """Its lines; none where there are no samples."""
        if self.samples:
            yield f"# HELP {PREFIX}{self.name} {self.about}"
            yield f"# TYPE {PREFIX}{self.name} {self.kind}"
        for sample in self.samples:
            yield f"{PREFIX}{self.name}{sample.suffix}{written_labels(sample.labels)} {written(sample.value)}"


def counter(name: str, about: str, *samples: Sample) -> Metric:
    """A number that only grows."""
    return Metric(name, "counter", about, list(samples))


def gauge(name: str, about: str, value: float | None) -> Metric:
    """A number as it is now; None where it is not known, which leaves the metric out."""
    return Metric(name, "gauge", about, [] if value is None else [Sample(value)])


def text_of(metrics: Iterable[Metric]) -> str:
    """The metrics as Prometheus reads them."""
    return "".join(f"{line}\n" for metric in metrics for line in metric.lines())


def written(value: float) -> str:
    """A number, without a point where it has no fraction."""
    return str(int(value)) if value == int(value) else repr(value)


def written_labels(labels: Mapping[str, str]) -> str:
    """Labels in braces; nothing where there are none."""
    pairs = ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def escaped(value: str) -> str:
    """The value of a label as it stands between quotation marks."""
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
