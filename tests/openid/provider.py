"""A real OpenID Connect provider on loopback, and using its pages as a browser does."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from tests import postgresql, programs
from tests.service import end, wait_until_it_answers

SECRET = "a secret of the tests"


@dataclass(frozen=True)
class OpenIDProvider:
    """A running provider; whoever signs in there types the name of an entry of `people`."""

    port: int
    people_file: Path

    @property
    def issuer(self) -> str:
        """What its tokens name."""
        return f"http://localhost:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """The settings of the product that use it."""
        return {"OIDC_ISSUER": self.issuer, "OIDC_CLIENT_ID": "tokens", "OIDC_CLIENT_SECRET": SECRET}

    def knows(self, **people: dict[str, Any]) -> None:
        """Know these people: the claims of each by the name that is typed, which is also the subject."""
        self.people_file.write_text(json.dumps(people))


@dataclass
class Visitor:
    """A browser at the provider, with its cookies."""

    client: httpx.Client

    def answer_to(self, address: str, name: str) -> str:
        """Where the provider sends the browser back to, after it has signed in as this name wherever it was asked."""
        page = self.client.get(address)
        while not is_ours(page):
            assert page.is_redirect or page.status_code == 200, page.text
            page = self.followed(page) if page.is_redirect else self.fill_in(page, name)
        return str(page.headers["Location"])

    def followed(self, page: httpx.Response) -> httpx.Response:
        """The page that a redirect leads to."""
        return self.client.get(page.url.join(page.headers["Location"]))

    def fill_in(self, page: httpx.Response, name: str) -> httpx.Response:
        """Send the form of the page: for signing in, or for consent."""
        action = re.search(r'action="([^"]+)"', page.text)
        prompt = re.search(r'name="prompt" value="(\w+)"', page.text)
        assert action
        assert prompt
        fields = {"prompt": prompt[1], "login": name, "password": "x"}
        return self.client.post(unescape(action[1]), data=fields)

    def cancel(self, address: str) -> str:
        """Where the provider sends the browser back to when its person does not want to sign in."""
        page = self.client.get(address, follow_redirects=True)
        abort = re.search(r'href="([^"]+/abort)"', page.text)
        assert abort
        page = self.client.get(unescape(abort[1]))
        while not is_ours(page):
            page = self.followed(page)
        return str(page.headers["Location"])


def is_ours(page: httpx.Response) -> bool:
    """Whether the answer sends the browser back to the product."""
    return "/accounts/openid/callback/" in str(page.headers.get("Location", ""))


@contextmanager
def running(folder: Path, callback: str) -> Iterator[OpenIDProvider]:
    """The provider for the time of the block; skips where it is not installed."""
    node = programs.openid_provider()
    if node is None:
        pytest.skip("the OpenID Connect provider is not installed")
    provider = OpenIDProvider(postgresql.free_port(), folder / "people.json")
    provider.knows()
    # Beside its packages, where Node looks for them.
    program = folder / "provider.mjs"
    program.write_text((Path(__file__).parent / "provider.mjs").read_text())
    (folder / "node_modules").symlink_to(programs.OPENID_PROVIDER / "node_modules")
    environment = {"PORT": str(provider.port), "PEOPLE": str(provider.people_file), "CALLBACK": callback}
    log = folder / "provider.log"
    with log.open("wb") as lines:
        process = subprocess.Popen([node, program], env=os.environ | environment, stdout=lines, stderr=lines)
    try:
        wait_until_it_answers(provider.port, process, log, "/.well-known/openid-configuration")
        yield provider
    finally:
        end(process)
