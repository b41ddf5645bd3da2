"""TLS to PostgreSQL: `verify-full` takes the right server alone, and a certificate opens instead of a password."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import psycopg
import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from reference_tokens.token_values.token_format import generate
from tests import postgresql
from tests.certificates import Certificate, authority, certificate
from tests.command_line import STRONG_KEYS, manage
from tests.gunicorn import gunicorn
from tests.pauses import in_time
from tests.tokens_project.linked_postgresql import ALIAS, value
from tokens_project import environment
from tokens_project.postgresql.base import DatabaseWrapper

pytestmark = pytest.mark.once

# Who connects by TLS shows a certificate; nobody gets in without TLS but the superuser.
RULES = "hostssl all certified all cert\nhostssl all service all trust\nhost all service,certified all reject\n"
HOW = "SELECT ssl, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


class Secured(NamedTuple):
    """A server that speaks TLS as localhost, and the folder of the certificates around it."""

    url: str
    folder: Path
    client: Certificate

    def url_of(self, user: str = "service", host: str = "localhost", ca: str = "right", **more: Any) -> str:
        """An address of it with everything checked, unless more is said."""
        options = {"sslmode": "verify-full", "sslrootcert": self.folder / f"{ca}.pem"} | more
        return self.url.replace("tokens@127.0.0.1", f"{user}@{host}") + "?" + urlencode(options)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    programs = postgresql.programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    folder = tmp_path_factory.mktemp("certificates")
    right = authority(folder, "right")
    authority(folder, "wrong")
    own, client = certificate(folder, "localhost", right), certificate(folder, "certified", right)
    with postgresql.server(programs) as url, psycopg.connect(url, autocommit=True) as connection:
        [data] = connection.execute("SHOW data_directory").fetchone() or [""]
        for path in (*own, right.path):
            copy = Path(shutil.copy(path, data))
            copy.chmod(0o600)
            shutil.chown(copy, postgresql.other_user() or copy.owner())
        for name, file in {"ssl_cert_file": own.path, "ssl_key_file": own.key, "ssl_ca_file": right.path}.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{file.name}'".encode())
        connection.execute("ALTER SYSTEM SET ssl = on")
        connection.execute("CREATE ROLE service LOGIN")
        connection.execute("CREATE ROLE certified LOGIN")
        rules = Path(data) / "pg_hba.conf"
        rules.write_text(RULES + rules.read_text())
        connection.execute("SELECT pg_reload_conf()")
        yield Secured(url, folder, client)


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any) -> Iterator[Callable[[str], BaseDatabaseWrapper]]:
    """Makes a connection as the service does with this DATABASE_URL."""

    def connection_to(url: str) -> BaseDatabaseWrapper:
        monkeypatch.setenv("NAME", url)
        settings = environment.database("NAME", Path("unused"))
        return DatabaseWrapper(settings | {"TIME_ZONE": None, "AUTOCOMMIT": True}, ALIAS)

    with django_db_blocker.unblock():
        yield connection_to


def test_the_right_server_is_connected_to_by_tls(secured: Secured, connect: Callable[..., BaseDatabaseWrapper]) -> None:
    with closing(connect(secured.url_of())) as connection:
        assert value(connection, HOW) is True


def test_a_client_certificate_opens_without_a_password(
    secured: Secured, connect: Callable[..., BaseDatabaseWrapper]
) -> None:
    shown: dict[str, Any] = {"sslcert": secured.client.path, "sslkey": secured.client.key}
    with closing(connect(secured.url_of("certified", **shown))) as connection:
        assert value(connection, HOW.replace("ssl, client_dn", "client_dn")) == "/CN=certified"
    with pytest.raises(OperationalError, match="certificate"):
        connect(secured.url_of("certified")).ensure_connection()


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "wrong host": ({"host": "127.0.0.1"}, 'does not match host name "127.0.0.1"'),
    "wrong authority": ({"ca": "wrong"}, "certificate verify failed"),
    "no file of the authority": ({"ca": "missing"}, "missing.pem"),
    "without TLS": ({"sslmode": "disable"}, "pg_hba.conf rejects connection"),
}


@pytest.mark.parametrize(("changed", "reason"), REFUSED.values(), ids=REFUSED)
def test_another_server_is_refused(
    secured: Secured, connect: Callable[..., BaseDatabaseWrapper], changed: dict[str, Any], reason: str
) -> None:
    with pytest.raises(OperationalError, match=reason):
        connect(secured.url_of(**changed)).ensure_connection()


def test_a_command_says_in_one_line_why_it_refuses_a_server(secured: Secured) -> None:
    outcome = manage("list_users", DATABASE_URL=secured.url_of(ca="wrong"), **STRONG_KEYS)
    assert outcome.is_one_line_of_refusal
    assert "certificate verify failed" in outcome.stderr


def test_val4_a_validation_that_finds_another_server_is_503_in_time(secured: Secured, tmp_path: Path) -> None:
    with gunicorn(tmp_path, DATABASE_URL=secured.url_of(host="127.0.0.1"), WORKERS="1") as server:
        head = ["GET /auth/forward HTTP/1.1", "Host: localhost", f"X-Api-Key: {generate()}", "Connection: close"]
        with in_time():
            assert server.send(("\r\n".join(head) + "\r\n\r\n").encode()).status == 503
    assert "does not match host name" in server.log.read_text()
