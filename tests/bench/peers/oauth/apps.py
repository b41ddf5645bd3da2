from __future__ import annotations

from django.apps import AppConfig


class OauthConfig(AppConfig):
    name = "tests.bench.peers.oauth"
    label = "bench_oauth"
