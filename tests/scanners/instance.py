"""The product in production, behind nginx and TLS, with people, tokens and a program that scanners may act as."""

from __future__ import annotations

import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx

from tests import postgresql, programs, redis
from tests.command_line import BASE_DIR, STRONG_KEYS, environment
from tests.command_server import Commands, commands
from tests.deployment.deployed import METRICS_TOKEN
from tests.postgresql import kept_port
from tests.service import PASSWORD, serving
from tests.site_proxies import HOST, proxy
from tests.smtp import mail_server

ORIGIN = f"https://{HOST}"
APPLICATION = "com.example/excel"
SIGN_IN = "/accounts/login/"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
ADMINISTRATOR, PERSON, BYSTANDER = "ada", "alice", "grace"


@dataclass(frozen=True)
class Instance:
    """The running instance: `api_token` may do all that the management API offers, `token` is a person's.

    `kept` is the token and `cookie` the session of somebody whom no scanner is.
    """

    folder: Path
    database: str
    certificate: Path
    port: int
    commands: Commands
    api_token: str
    token: str
    kept: str
    cookie: str

    def signed_in(self, username: str) -> str:
        """The value of a Cookie header: a new session of this person, who has just given the password."""
        with self.browser() as browser:
            form = dict(HIDDEN.findall(browser.get(SIGN_IN).text))
            answer = browser.post(SIGN_IN, data={**form, "login": username, "password": PASSWORD})
            assert answer.status_code == 302, answer.text
            return "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)

    def browser(self) -> httpx.Client:
        """Somebody who believes the certificate, and keeps cookies."""
        context = ssl.create_default_context(cafile=self.certificate)
        return httpx.Client(base_url=ORIGIN, verify=context, headers={"Origin": ORIGIN}, timeout=60)


@contextmanager
def instance(folder: Path) -> Iterator[Instance]:
    """Serve it at the ports of https and http for the time of the block."""
    server_programs, redis_program = postgresql.programs(), programs.redis()
    assert server_programs
    assert redis_program
    (folder / "mails").mkdir()
    mail_port, port = kept_port(), kept_port()
    with ExitStack() as running:
        database = running.enter_context(postgresql.server(server_programs))
        running.enter_context(mail_server(mail_port, folder / "mails"))
        settings = {
            **STRONG_KEYS,
            "BASE_URL": ORIGIN,
            "TRUSTED_PROXY_COUNT": "1",
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "WORKERS": "2",
            "DATA_DIR": str(folder / "data"),
            "DATABASE_URL": database,
            "CACHE_URL": running.enter_context(redis.server(redis_program)),
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
            "METRICS_TOKEN": METRICS_TOKEN,
            "LEAK_LOOKUP": "True",
            "REQUIRE_ADMIN_SECOND_FACTOR": "False",
            "ACCESS_LOG": "True",
            "LOG_FORMAT": "json",
        }
        for words in (("migrate", "--verbosity", "0"), ("collectstatic", "--verbosity", "0", "--no-input")):
            command = [sys.executable, "manage.py", *words]
            subprocess.run(command, cwd=BASE_DIR, env=environment(**settings), check=True)
        run = running.enter_context(commands(folder / "commands", **settings))
        peopled(run)
        running.enter_context(serving(folder / "service.log", settings))
        browser = running.enter_context(proxy("nginx", folder / "nginx", 443, port, plain=80))
        tokens = (api_token(run), token_of(run, PERSON), token_of(run, BYSTANDER))
        found = Instance(folder, database, browser.certificate, port, run, *tokens, cookie="")
        yield Instance(**{**vars(found), "cookie": found.signed_in(BYSTANDER)})


def peopled(run: Commands) -> None:
    """An administrator, two people, an application that is open to all, and an API."""
    for username, *more in ((ADMINISTRATOR, "--administrator"), (PERSON,), (BYSTANDER,)):
        address = ("--email", f"{username}@example.com")
        done(run, "create_user", username, *address, *more, "--password-stdin", stdin=PASSWORD)
    policy = ("--access-tokens", "AuthenticatedUsers")
    done(run, "create_application", APPLICATION, "--name", "Excel add-in", *policy)
    done(run, "create_resource_server", "Orders API", "--application", APPLICATION)


def api_token(run: Commands) -> str:
    """A token for all that the management API does."""
    done(run, "create_user", "svc-automation", "--system")
    open_to = ("--access-tokens", "AdministratorsOnly", "--system-user", "svc-automation")
    done(run, "update_application", "reference-tokens/api", *open_to)
    scopes = ("--scopes", "self:read instance:read instance:write")
    return issued(done(run, "issue_token", "--application", "reference-tokens/api", "--service", *scopes))


def token_of(run: Commands, username: str) -> str:
    """A token of this person, the last of five."""
    tokens = [done(run, "issue_token", "--application", APPLICATION, "--user", username) for _each in range(5)]
    return issued(tokens[-1])


def issued(printed: str) -> str:
    """The token that a command has printed."""
    (token,) = re.findall(r"enrt_[0-9A-Za-z]+", printed)
    return str(token)


def done(run: Commands, *words: str, stdin: str = "") -> str:
    """What a command printed; raises `AssertionError` where it could not do what was asked."""
    outcome = run(*words, stdin=stdin)
    assert outcome.status == 0, outcome.stderr
    return outcome.stdout
