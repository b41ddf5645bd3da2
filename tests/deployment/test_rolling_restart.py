"""Two processes behind each proxy are restarted one after the other, and nobody who asks meanwhile notices."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import pytest
from django.conf import settings

from tests.deployment.load import load, mixed
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory, issued_pat
from tests.gunicorn import gunicorn
from tests.long_runs import rounds
from tests.postgresql import free_port
from tests.site_proxies import HOST, KINDS, proxy

pytestmark = [pytest.mark.once, pytest.mark.long_run, pytest.mark.django_db(transaction=True)]

# What docs/proxies.md says to wait for between two machines, in seconds.
UNTIL_THE_PROXY_KNOWS = 3
PROXIES = [name for name in ("caddy", "haproxy", "nginx") if KINDS[name].program()]


class Process:
    """One of the two, with its port."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "static").symlink_to(settings.STATIC_ROOT)
        self._folder, self.port = folder, free_port()
        self._running = ExitStack()

    def __enter__(self) -> Self:
        origin = f"https://{HOST}"
        server = gunicorn(self._folder, PORT=str(self.port), WORKERS="1", BASE_URL=origin, TRUSTED_PROXY_COUNT="1")
        self._running.enter_context(server)
        return self

    def __exit__(self, *_told: object) -> None:
        self._running.close()

    def restart(self) -> None:
        """End as SIGTERM asks for, and begin again."""
        self._running.close()
        self.__enter__()


@pytest.mark.skipif(not PROXIES, reason="no proxy is installed")
def test_rolling_restart_loses_no_request_behind_any_proxy(tmp_path: Path) -> None:
    token = issued_pat(UserFactory.create(), ApplicationFactory.create(), scopes=["read"]).plaintext
    asked = mixed(ResourceServerFactory.create(), token)
    with Process(tmp_path / "one") as one, Process(tmp_path / "two") as two, ExitStack() as running:
        ports = one.port, two.port
        browsers = [running.enter_context(proxy(name, tmp_path / name, free_port(), *ports)) for name in PROXIES]
        with load(asked, [browser.connect for browser in browsers for _each in range(2)]) as asking:
            for process in (one, two):
                process.restart()
                time.sleep(UNTIL_THE_PROXY_KNOWS)
            asking.wait_for(len(PROXIES) * rounds(600, long=5_000))
    print(f"{asking.answers} answers, the longest after {asking.longest:.2f} s")
    assert asking.failed == []
