"""What Prometheus reads of `/metrics`."""

from __future__ import annotations

import subprocess

from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from tests.programs import promtool
from tests.reference_tokens.endpoints.health import BEARER


class Scrape:
    """The samples of one answer, read by Prometheus' own library."""

    def __init__(self, text: str) -> None:
        assert text.endswith("\n")
        self.text = text
        self.families = {family.name: family for family in text_string_to_metric_families(text)}
        found = [sample for family in self.families.values() for sample in family.samples]
        assert len({(one.name, *sorted(one.labels.items())) for one in found}) == len(found)
        self._found = found

    @property
    def names(self) -> set[str]:
        """The names of all samples, as a query asks for them."""
        return {sample.name for sample in self._found}

    def samples(self, name: str) -> list[tuple[dict[str, str], float]]:
        return [(sample.labels, sample.value) for sample in self._found if sample.name == name]

    def value(self, name: str, **labels: str) -> float:
        """The one sample of this name with these labels."""
        (value,) = [value for found, value in self.samples(name) if found.items() >= labels.items()]
        return value


def scrape(client: Client) -> Scrape:
    response = client.get("/metrics", headers=BEARER)
    assert (response.status_code, response["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    return Scrape(response.content.decode())


def complaints(text: str) -> str:
    """What promtool finds wrong with the text, or with the names in it."""
    command = [str(promtool()), "check", "metrics"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout + done.stderr
