"""The files that an operator of Prometheus and Grafana copies ask for what the service tells, and nothing else."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from django.utils import timezone

from reference_tokens.maintenance.housekeeping import do_housekeeping
from reference_tokens.maintenance.token_numbers import keep_token_numbers
from tests.command_line import BASE_DIR
from tests.programs import promtool
from tests.reference_tokens.endpoints.health import METRICS_TOKEN
from tests.reference_tokens.endpoints.scrapes import scrape
from tests.reference_tokens.usage.uses import NOON, process

DEPLOY = BASE_DIR / "deploy"
ALERTS, SCRAPE = DEPLOY / "prometheus" / "alerts.yml", DEPLOY / "prometheus" / "scrape.yml"
DASHBOARD = DEPLOY / "grafana" / "reference-tokens.json"
NAME = re.compile(r"reference_tokens_[a-z0-9_]+")
# Of PostgreSQL alone.
OF_POSTGRESQL = {"reference_tokens_database_connections", "reference_tokens_database_connections_max"}
needs_promtool = pytest.mark.skipif(promtool() is None, reason="promtool is not installed")


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return found


def asked_for() -> dict[str, set[str]]:
    """The names that each file asks for."""
    expressions = [rule["expr"] for rule in rules()]
    queries = [target["expr"] for panel in panels() for target in panel.get("targets", ())]
    return {
        ALERTS.name: set(NAME.findall(" ".join(expressions))),
        DASHBOARD.name: set(NAME.findall(" ".join(queries))),
    }


@pytest.fixture
def told(client: Client, settings: Any, db: None) -> set[str]:
    """The names that the service really tells."""
    settings.METRICS_TOKEN, settings.AUDIT_STREAM = METRICS_TOKEN, "-"
    made = process()
    made.note("active", at=NOON, door="introspection", seconds=0.001, client_id="rs_1")
    made.flush()
    keep_token_numbers(timezone.now())
    do_housekeeping(now=timezone.now())
    return {name for name in scrape(client).names if name.startswith("reference_tokens_")} | OF_POSTGRESQL


def test_alerts_and_dashboard_ask_for_what_is_told(told: set[str]) -> None:
    for file, names in asked_for().items():
        assert names <= told, file


def test_whatever_is_told_is_on_the_dashboard_and_in_the_guide(told: set[str]) -> None:
    guide = (BASE_DIR / "docs" / "monitoring.md").read_text()
    # Of a histogram the buckets are asked for; what answers by itself needs no picture.
    beside = {"_sum", "_count"}
    shown = asked_for()[DASHBOARD.name] | asked_for()[ALERTS.name]
    for name in told:
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        assert f"`{base.removeprefix('reference_tokens_')}`" in guide, name
        if not any(name.endswith(end) for end in beside):
            assert name in shown | {"reference_tokens_tokens_counted_timestamp_seconds", "reference_tokens_database_up"}


@pytest.mark.once
def test_each_alert_has_a_severity_and_leads_to_a_page_that_says_what_to_do() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        path, _hash, heading = rule["annotations"]["runbook_url"].partition("#")
        titles = re.findall(r"^#+ (.+)$", (BASE_DIR / path).read_text(), re.MULTILINE)
        headings = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}
        assert not heading or heading in headings, rule["alert"]


@pytest.mark.once
def test_the_panels_of_the_dashboard_lie_beside_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    assert len({panel["id"] for panel in panels()}) == len(panels())
    for panel in panels():
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert max(x for x, _y in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells


@pytest.mark.once
@needs_promtool
def test_each_alert_is_silent_while_all_is_well_and_fires_when_it_is_not(tmp_path: Path) -> None:
    shutil.copy(ALERTS, tmp_path)
    written = (Path(__file__).parent / "alerts_test.yaml").read_text()
    (tmp_path / "test.yml").write_text(written.replace("value: 15", f"value: {len(rules())}"))
    assert promtool_says("test", "rules", tmp_path / "test.yml") == 0


@pytest.mark.once
@needs_promtool
def test_prometheus_takes_the_rules_and_the_settings_of_the_scrape(tmp_path: Path) -> None:
    shutil.copy(ALERTS, tmp_path)
    (tmp_path / "token").write_text("x")
    written = SCRAPE.read_text().replace("/etc/prometheus/reference-tokens-metrics-token", str(tmp_path / "token"))
    (tmp_path / "prometheus.yml").write_text(written)
    assert promtool_says("check", "config", tmp_path / "prometheus.yml") == 0


def promtool_says(*arguments: object) -> int:
    command = [str(promtool()), *map(str, arguments)]
    return subprocess.run(command, timeout=60, check=False).returncode
