"""Two processes behind each proxy are restarted one after the other, and nobody who asks meanwhile notices."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep
from typing import Self

import pytest
from django.conf import settings

from tests.deployment.load import load, mixed
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory, issued_pat
from tests.gunicorn import gunicorn
from tests.long_runs import rounds
from tests.postgresql import free_port, kept_port
from tests.site_proxies import HOST, KINDS, Browser, proxy

pytestmark = [pytest.mark.once, pytest.mark.long_run, pytest.mark.django_db(transaction=True)]

# docs/proxies.md says that a proxy finds out within three seconds; this is for a busy machine.
UNTIL_THE_PROXY_KNOWS = 60
PROXIES = [name for name in ("caddy", "haproxy", "nginx") if KINDS[name].program()]


class Process:
    """One of the two, with its port. What its pages call the service says which one it is, and how often it began."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "static").symlink_to(settings.STATIC_ROOT)
        self._folder, self.port, self._starts = folder, kept_port(), 0
        self._running = ExitStack()

    def __enter__(self) -> Self:
        self._starts += 1
        server = gunicorn(
            self._folder,
            PORT=str(self.port),
            WORKERS="1",
            BASE_URL=f"https://{HOST}",
            TRUSTED_PROXY_COUNT="1",
            PRODUCT_NAME=self.name,
        )
        self._running.enter_context(server)
        return self

    def __exit__(self, *_told: object) -> None:
        self._running.close()

    @property
    def name(self) -> str:
        """What the pages of this start call the service."""
        return f"Tokens {self._folder.name}, start {self._starts}"

    def restart(self) -> None:
        """End as SIGTERM asks for, and begin again."""
        self._running.close()
        self.__enter__()

    def wait_until_it_answers(self, browser: Browser) -> None:
        """Return once the proxy passes on an answer of this start; raises `AssertionError` where it never does."""
        deadline = monotonic() + UNTIL_THE_PROXY_KNOWS
        while self.name.encode() not in browser.ask("GET /accounts/login/ HTTP/1.1").body:
            assert monotonic() < deadline, f"no answer of {self.name}"
            sleep(0.1)


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
                for browser in browsers:
                    process.wait_until_it_answers(browser)
            asking.wait_for(len(PROXIES) * rounds(600, long=5_000))
    print(f"{asking.answers} answers, the longest after {asking.longest:.2f} s")
    assert asking.failed == []
