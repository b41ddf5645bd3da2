"""Whether the service can be reached: where it listens, how many connections it takes, and through the proxies."""

from __future__ import annotations

import errno
import json
import socket
import ssl
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

import requests
from cryptography import x509
from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.pages.probes import probing, proxies_seen
from reference_tokens.settings_check.outcomes import DoesNotWork, NotTried

PATIENCE_SECONDS = 5
HTTPS_PORT = 443
# A certificate is to be renewed before so much of its life is left.
LATE = 10
# Threads of a server process that ask the database: of the sites, of the machine addresses, of its other work; and of
# the stream of the audit log.
CONNECTIONS, OF_STREAM = 13, 1
# The least of what the server, the database and the role allow; -1 is no limit.
ALLOWED = """
    SELECT least(
        current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
        nullif(datconnlimit, -1), nullif(rolconnlimit, -1))
    FROM pg_database, pg_roles WHERE datname = current_database() AND rolname = current_user
"""
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what is listened on is asked for here


def check_listening() -> str:
    """The service listens there, or could."""
    family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
    place = f"{settings.HOST}:{settings.PORT}"
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.HOST, settings.PORT))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise DoesNotWork(f"{place}: {error.strerror}") from error
        else:
            return f"{place} is free; the service does not run here now"
    if issuer_at(EVERYWHERE.get(settings.HOST, settings.HOST)) != settings.BASE_URL:
        raise DoesNotWork(f"another program listens on {place}")
    return f"the service listens on {place}"


def issuer_at(host: str) -> str | None:
    """The issuer that the program on our port names; None where it is another program."""
    asked = HTTPConnection(host, settings.PORT, timeout=PATIENCE_SECONDS)
    try:
        asked.request("GET", "/.well-known/oauth-authorization-server")
        answer = json.loads(asked.getresponse().read())
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        asked.close()
    return answer.get("issuer") if isinstance(answer, dict) else None


def check_workers() -> str:
    """PostgreSQL takes the connections of every process."""
    processes = f"processes: {settings.WORKERS}"
    if connection.vendor != "postgresql":
        return processes
    with connection.cursor() as cursor:
        cursor.execute(ALLOWED)
        [allowed] = cursor.fetchone()
    needed = settings.WORKERS * (CONNECTIONS + (OF_STREAM if settings.AUDIT_STREAM else 0))
    if needed > allowed:
        raise DoesNotWork(f"{processes}, with up to {needed} connections; the database takes {allowed}")
    return f"{processes}, with up to {needed} connections for each machine; the database takes {allowed}"


def check_certificate() -> str:
    """The certificate of an https `BASE_URL` is good for a while."""
    parts = urlsplit(settings.BASE_URL)
    if parts.scheme != "https":
        return settings.BASE_URL
    try:
        pem = ssl.get_server_certificate((parts.hostname or "", parts.port or HTTPS_PORT), timeout=PATIENCE_SECONDS)
    except OSError as error:
        raise NotTried(f"nothing answers at {settings.BASE_URL} by TLS: {root_of(error)}") from error
    certificate = x509.load_pem_x509_certificate(pem.encode())
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    left = ends - timezone.now()
    found = f"the certificate of {settings.BASE_URL} ends on {ends:%Y-%m-%d}, days left: {left.days}"
    if left < (ends - begins) / LATE:
        raise DoesNotWork(f"{found}: it should have been renewed")
    return found


def check_proxies() -> str:
    """The sign-in page comes back through the proxies, where there are any, and each of them writes who called it."""
    if not settings.IS_PRODUCTION and not settings.TRUSTED_PROXY_COUNT:
        return "no proxy in front"
    address = settings.BASE_URL + reverse("account_login")
    try:
        answer = requests.get(address, headers=probing(), allow_redirects=False, timeout=PATIENCE_SECONDS)
    except requests.exceptions.SSLError as error:
        raise DoesNotWork(f"{settings.BASE_URL} cannot be reached by TLS as browsers do: {root_of(error)}") from error
    except requests.RequestException as error:
        why = f"nothing answers at {settings.BASE_URL} ({root_of(error)})"
        raise NotTried(f"{why}; run this again beside the running service") from error
    if answer.is_redirect:
        raise DoesNotWork(
            f"{address} leads to {answer.headers['Location']}: X-Forwarded-Proto is missing, or not believed"
        )
    if answer.status_code != HTTPStatus.OK:
        raise DoesNotWork(f"{address} answers {answer.status_code}")
    require_hops(proxies_seen(answer.headers))
    return f"{settings.TRUSTED_PROXY_COUNT}; {address} answers, and sees who calls"


def root_of(error: BaseException) -> str:
    """What the system or the library of TLS said, which others told on in more words."""
    while error.__context__:
        error = error.__context__
    return getattr(error, "verify_message", None) or getattr(error, "strerror", None) or str(error)


def require_hops(seen: int | None) -> None:
    """Raise `DoesNotWork` unless as many proxies wrote who called them as are believed."""
    if seen is None:
        raise DoesNotWork(f"what answers at {settings.BASE_URL} is another service, or has another SECRET_KEY")
    if seen > settings.TRUSTED_PROXY_COUNT:
        raise DoesNotWork(f"{seen} proxies add to X-Forwarded-For: every client has the address of a proxy")
    if seen < settings.TRUSTED_PROXY_COUNT:
        raise DoesNotWork(f"{seen} proxies add to X-Forwarded-For: clients can write an address themselves")
