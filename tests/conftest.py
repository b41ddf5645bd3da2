"""The cast, and what holds for every test."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core import mail
from django.core.management import call_command
from django.db.models.signals import post_save
from django.test import Client, RequestFactory
from django.test.client import MULTIPART_CONTENT
from django.utils.http import urlencode
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from accounts import events
from accounts.audit.chain import GENESIS_HASH
from accounts.headers import request_ids
from accounts.models import AuditHead, OutboxEntry, User
from accounts.outbox.delivery import deliver
from accounts.people import former_usernames
from reference_tokens.models import AnswerCount, Lease
from reference_tokens.usage.batch import Batch
from reference_tokens.usage.recorder import recorder
from tests import documented_events, emptied_tables, wsgi_client
from tests.command_line import Runner
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory
from tests.gunicorn import Gunicorn, gunicorn
from tests.pages import signed_in
from tests.service import Service, running
from tokens_project.logs.scrubbing import ScrubbingFormatter
from trusted_apps.built_in import MANAGEMENT_API_URI
from trusted_apps.models import AccessTokensPolicy, Scope, TrustedApplication

# An example may take as long as the machine is busy: no test measures time.
hypothesis_settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("untimed")

logging.getLogger("factory").setLevel(logging.INFO)

_post = RequestFactory.post


def _post_as_browsers_do(
    client: RequestFactory, path: str, data: Any = None, content_type: str = MULTIPART_CONTENT, **options: Any
) -> Any:
    """POST fields as the form of a page sends them: Django's client sends them as files are sent, unless told so."""
    if content_type == MULTIPART_CONTENT:
        data, content_type = urlencode(data or {}, doseq=True), "application/x-www-form-urlencoded"
    return _post(client, path, data, content_type, **options)


RequestFactory.post = _post_as_browsers_do  # type: ignore[assignment, method-assign] # its parameters are Any

wsgi_client.install()
documented_events.install()
emptied_tables.install()

TOKEN = re.compile(r"enrt_[0-9A-F]{64}")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "once: adds nothing on another database, and runs on SQLite alone")
    config.addinivalue_line("markers", "mails_wait: what is stored to be sent is sent when the test says so")


@pytest.fixture(scope="session", autouse=True)
def passwords_cost_little() -> Iterator[None]:
    """Argon2id and scrypt as in the service, but with as little work as each takes: it is theirs, and there is much."""
    with pytest.MonkeyPatch.context() as patch:
        for cost, least in {"time_cost": 1, "memory_cost": 8, "parallelism": 1}.items():
            patch.setattr(Argon2PasswordHasher, cost, least)
        patch.setitem(former_usernames.COST, "n", 2)
        yield


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave tests that add nothing on another database to the run on SQLite."""
    if is_postgresql():
        left_to_sqlite = [item for item in items if item.get_closest_marker("once")]
        config.hook.pytest_deselected(items=left_to_sqlite)
        items[:] = [item for item in items if not item.get_closest_marker("once")]


def pytest_sessionstart(session: pytest.Session) -> None:
    """Collect the files that WhiteNoise serves, as `make run` does; some tests import the WSGI application.

    Once, by the process that starts the others.
    """
    if not is_worker(session.config):
        call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture(scope="module", autouse=True)
def no_variable_is_left() -> Iterator[None]:
    """What a file of tests, or its fixtures, sets in the environment would reach the files after it."""
    before = variables()
    yield
    assert variables() == before


def variables() -> dict[str, str]:
    """The environment, but for what pytest and its plugins tell in it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


@pytest.fixture(autouse=True)
def what_migrations_lay(request: pytest.FixtureRequest) -> None:
    """The rows that migrations lay, again after a transactional test has emptied every table."""
    asks_by_fixture = not {"db", "transactional_db", "live_server"}.isdisjoint(request.fixturenames)
    if asks_by_fixture or request.node.get_closest_marker("django_db"):
        request.getfixturevalue("_django_db_helper")
        emptied_tables.recorded_at_first()
        AuditHead.objects.get_or_create(defaults={"seq": 0, "hash": GENESIS_HASH})
        Scope.objects.get_or_create(name="read", defaults={"description": "View data."})
        Scope.objects.get_or_create(name="update", defaults={"description": "Create, change and delete data."})
        if not TrustedApplication.objects.filter(application_uri=MANAGEMENT_API_URI).exists():
            import_module("trusted_apps.migrations.0003_management_api").add(apps, None)


@pytest.fixture(autouse=True)
def usage_is_not_written() -> Iterator[None]:
    """No thread writes last-used times behind a test; one that asks for them calls `recorder.flush()`."""
    recorder.runs_in_background = False
    yield
    recorder._pending = Batch()
    events.take_counts()


@pytest.fixture(autouse=True)
def no_request_goes_on() -> None:
    """What a test does by itself is of no request, although the one before may have called the application itself."""
    request_ids.current.environ, request_ids.current.began = None, 0.0


@pytest.fixture(autouse=True)
def mails_are_sent_at_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a request asks to send has been sent when it is answered; not where a test is marked `mails_wait`."""
    if not request.node.get_closest_marker("mails_wait"):
        post_save.connect(_send_at_once, sender=OutboxEntry)
    yield
    post_save.disconnect(_send_at_once, sender=OutboxEntry)


def _send_at_once(instance: OutboxEntry, created: bool, **_told: Any) -> None:
    if created:
        deliver(instance, instance.created_at)


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(ScrubbingFormatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture(autouse=True)
def log_lines() -> Iterator[list[str]]:
    """Every line that any logger writes, at every level, as the service would write it: never with a token (T36)."""
    handler, root = _Lines(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler.lines
    root.removeHandler(handler)
    root.setLevel(level)
    assert not [line for line in handler.lines if TOKEN.search(line)]


@pytest.fixture(autouse=True)
def mails_hold_no_token() -> Iterator[None]:
    """Nothing that any test sends holds a token (T36)."""
    yield
    assert not [message for message in mail.outbox if TOKEN.search(str(message.message()))]


@pytest.fixture
def alice(db: None) -> User:
    return UserFactory.create(username="alice")


@pytest.fixture
def bob(db: None) -> User:
    """A stranger to alice."""
    return UserFactory.create(username="bob")


@pytest.fixture
def administrator(db: None) -> User:
    return UserFactory.create(username="ada", administrator=True)


@pytest.fixture
def alice_client(alice: User) -> Client:
    """A browser in which alice has just signed in."""
    return signed_in(alice)


@pytest.fixture
def administrator_client(administrator: User) -> Client:
    """A browser in which the administrator has just signed in."""
    return signed_in(administrator)


@pytest.fixture
def application(db: None) -> TrustedApplication:
    """Open to every signed-in user, with a System User."""
    return ApplicationFactory.create(application_uri="com.example/excel", name="Excel", with_system_user=True)


@pytest.fixture
def management_api(db: None) -> TrustedApplication:
    """The built-in application, which an administrator has opened."""
    application = TrustedApplication.objects.get(application_uri=MANAGEMENT_API_URI)
    application.access_tokens_policy = AccessTokensPolicy.AUTHENTICATED_USERS
    application.system_user = UserFactory.create(system=True)
    application.save()
    return application


@pytest.fixture
def server(db: None) -> Any:
    """A Resource Server that may ask about every application; its secret is `server.plain_secret`."""
    return ResourceServerFactory.create()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The product itself, served from a data folder of its own, whatever database this run is on."""
    with running(tmp_path_factory.mktemp("service"), WEBHOOKS_TO_PRIVATE_ADDRESSES="True") as served:
        yield served


@pytest.fixture
def command(db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runner:
    """Runs a command in this process: `command("issue_token", …)`."""
    # Django ends a command by closing the connection, and with it the transaction that this test stands in.
    monkeypatch.setattr("django.core.management.base.connections.close_all", lambda: None)
    return Runner(monkeypatch, capsys)


@pytest.fixture(scope="module")
def live_gunicorn(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gunicorn]:
    """The real server over the database of the tests; for tests with `transaction=True`, which commit what they lay.

    It ends with its file, and what it wrote by itself goes with it: both would meet the tests of other files.
    """
    with gunicorn(tmp_path_factory.mktemp("gunicorn")) as server:
        yield server
    with django_db_blocker.unblock():
        AnswerCount.objects.all().delete()
        Lease.objects.all().delete()


def is_worker(config: pytest.Config) -> bool:
    """Whether this process runs tests for another one, which shares them out (pytest-xdist)."""
    return hasattr(config, "workerinput")


def is_postgresql() -> bool:
    """Whether this run is on PostgreSQL."""
    return str(settings.DATABASES["default"]["ENGINE"]).endswith("postgresql")
