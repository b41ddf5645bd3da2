"""`python3 tests/smoke.py PYTHON`: whether a fresh checkout of the last commit works with that Python.

In a folder of its own: `make install`, `make run`, then what a newcomer does: the lines of the README's first journey,
as they stand there; then in the browser's way: sign in, issue a token, and validate it. Ends with exit status 1 and
what was met instead, or where all of it took more than five minutes. Needs Python, git, make and curl alone.
"""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parent.parent
SECONDS_TO_START = 120
# From nothing to a validated token.
SECONDS_OF_A_NEWCOMER = 300
# What a first journey answers in every instance.
ALWAYS = ("active", "token_type", "scope", "client_id", "username", "token_kind")
# No setting of whoever runs this reaches the service.
KEPT = {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"} | {name for name in os.environ if name.startswith(("PIP_", "SSL_"))}

ADDRESS = re.compile(r"Profile +(http://\S+)/profile/ +alice +(\S+)")
CREDENTIALS = re.compile(r"curl .* -u (rs_\S+:enrs_\S+) ")


def main(python: str) -> None:
    """Try it."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "checkout"
        subprocess.run(["git", "clone", "--quiet", str(CHECKOUT), str(checkout)], check=True)
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        environment |= {"PYTHON": python, "PORT": str(free_port())}
        subprocess.run(["make", "--silent", "install"], cwd=checkout, env=environment, check=True)
        version = subprocess.run(
            [checkout / ".venv" / "bin" / "python", "--version"], capture_output=True, text=True, check=True
        ).stdout.strip()
        with serving(checkout, environment) as printed:
            first_journey(checkout, environment, printed)
            journey(printed)
    seconds = round(time.monotonic() - began)
    if seconds > SECONDS_OF_A_NEWCOMER:
        sys.exit(f"A newcomer waits {seconds} s for a validated token, more than {SECONDS_OF_A_NEWCOMER} s")
    print(f"A fresh checkout works with {version} ({python}), and has validated its tokens after {seconds} s")


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def serving(checkout: Path, environment: dict[str, str]) -> Iterator[str]:
    """`make run` for the time of the block, with all that it starts; yields what it printed once it answers."""
    output = checkout.parent / "printed"
    with output.open("w") as file:
        command = ["make", "--silent", "run"]
        # A session of its own: its whole group of processes is ended together.
        process = subprocess.Popen(
            command, cwd=checkout, env=environment, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        deadline = time.monotonic() + SECONDS_TO_START
        while not answers(f"http://localhost:{environment['PORT']}/readyz"):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"It does not serve. It printed:\n{output.read_text()}")
            time.sleep(0.2)
        yield output.read_text()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def answers(address: str) -> bool:
    """Whether the address is answered with 200."""
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except OSError:
        return False


def first_journey(folder: Path, environment: dict[str, str], printed: str) -> None:
    """Type the lines of the README's first journey, with the credentials that were printed, and compare the answers."""
    block = (CHECKOUT / "README.md").read_text().partition("## A first journey")[2].partition("```console\n")[2]
    shown = block.partition("```")[0].splitlines()
    lines = [line.removeprefix("$ ") for line in shown if line.startswith("$ ")]
    address, credentials = f"http://localhost:{environment['PORT']}", found(CREDENTIALS, printed)[1]
    typed = re.sub(r"rs_\w+:enrs_…", credentials, "\n".join(lines)).replace("http://localhost:8000", address)
    outcome = subprocess.run(
        ["sh", "-e", "-c", typed], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    expected = [line for line in shown if not line.startswith("$ ")]
    if [same_in_every_instance(line) for line in outcome.stdout.splitlines()] != [
        same_in_every_instance(line) for line in expected
    ]:
        sys.exit(f"The README's first journey answers otherwise:\n{outcome.stdout}{outcome.stderr}")


def same_in_every_instance(line: str) -> object:
    """A line of an answer, and of JSON the names of its members with the values that are always the same."""
    if not line.startswith("{"):
        return line
    answer = json.loads(line)
    return sorted(answer), {name: answer[name] for name in ALWAYS if name in answer}


def journey(printed: str) -> None:
    """Sign in as alice, issue a token in the form, and ask about it as the example API does."""
    address, password = found(ADDRESS, printed).groups()
    browser = Browser(address)
    browser.submit("/accounts/login/", login="alice", password=password)
    form = "/profile/security/tokens/new/?application=com.example/excel"
    token = found(re.compile("enrt_[0-9A-F]{64}"), browser.submit(form, description="A first token"))[0]
    answer = introspected(address, found(CREDENTIALS, printed)[1], token)
    if not {"active": True, "username": "alice", "client_id": "com.example/excel"}.items() <= answer.items():
        sys.exit(f"The token is not good: {answer}")


def introspected(address: str, credentials: str, token: str) -> dict[str, object]:
    """What the Resource Server of these credentials hears about the token."""
    request = urllib.request.Request(
        f"{address}/oauth/introspect",
        urllib.parse.urlencode({"token": token}).encode(),
        {"Authorization": "Basic " + b64encode(credentials.encode()).decode()},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        answer = json.load(response)
    return dict(answer)


class Browser:
    """Keeps cookies, and sends the forms of pages."""

    def __init__(self, address: str) -> None:
        self.address = address
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies)

    def page(self, path: str, fields: dict[str, list[str]] | None = None) -> str:
        """The page that stands there, or that answers these fields."""
        body = urllib.parse.urlencode(fields, doseq=True).encode() if fields else None
        request = urllib.request.Request(self.address + path, body, {"Origin": self.address})
        try:
            with self.opener.open(request, timeout=10) as response:
                return str(response.read().decode())
        except urllib.error.HTTPError as error:
            sys.exit(f"{path} is answered {error.code}:\n{error.read().decode()}")

    def submit(self, path: str, **given: str) -> str:
        """Fill in the form that stands there, and send it."""
        fields = fields_of(self.page(path)) | {name: [value] for name, value in given.items()}
        return self.page(path, fields)


def fields_of(page: str) -> dict[str, list[str]]:
    """The fields of the last form of the main part, as a browser would send them untouched; no choice of a `select`."""
    fields: dict[str, list[str]] = {}
    for tag in re.findall(r"<input\b[^>]*>", page.partition("</main>")[0].rpartition("<form")[2]):
        attributes = {name: unescape(value) for name, value in re.findall(r'([a-z-]+)="([^"]*)"', tag)}
        is_chosen = attributes.get("type") not in {"checkbox", "radio"} or re.search(r"\schecked\b", tag)
        if "name" in attributes and is_chosen:
            fields.setdefault(attributes["name"], []).append(attributes.get("value", ""))
    return fields


def found(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    """The first match; ends with the text where there is none."""
    match = pattern.search(text)
    if match is None:
        sys.exit(f"{pattern.pattern} is missing in:\n{text}")
    return match


if __name__ == "__main__":
    main(sys.argv[1])
