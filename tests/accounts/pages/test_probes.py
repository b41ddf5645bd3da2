"""The probe of `check_settings` is answered to those who have the key, and to nobody else (RUN-8)."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.pages.probes import SEEN, WRITTEN_BY_PROBE, probing, proxies_seen

pytestmark = pytest.mark.django_db


@pytest.mark.once
@pytest.mark.parametrize(
    ("hops", "count"),
    [
        ("", 0),
        (WRITTEN_BY_PROBE, 0),
        ("198.51.100.7", 1),
        (f"{WRITTEN_BY_PROBE}, 198.51.100.7", 1),
        (f"{WRITTEN_BY_PROBE}, 198.51.100.7,10.0.0.1", 2),
    ],
)
def test_run8_those_count_who_wrote_behind_the_probe(client: Client, hops: str, count: int) -> None:
    answer = client.get("/accounts/login/", headers=probing() | {"X-Forwarded-For": hops})
    assert proxies_seen(answer.headers) == count
    assert "198" not in answer.headers[SEEN]


@pytest.mark.once
@pytest.mark.parametrize("headers", [{}, {"X-Settings-Probe": "gAAAAABforged"}, {"X-Settings-Probe": ""}])
def test_run8_others_are_told_nothing(client: Client, headers: dict[str, str]) -> None:
    answer = client.get("/accounts/login/", headers=headers)
    assert proxies_seen(answer.headers) is None
