"""Who comes by https is what the trusted proxies say, however they spell it, and nobody is sent in circles."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import RequestFactory
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from tests.command_line import STRONG_KEYS
from tests.gunicorn import Answer, Gunicorn, gunicorn, url_of_no_database
from tokens_project.wsgi import Request

pytestmark = pytest.mark.once

BASE_URL = "HTTPS://Tokens.Example.COM:8443"
TO_HTTPS = "https://tokens.example.com:8443/"
THE_PAGE = "/profile/"


@pytest.fixture(scope="module")
def behind_a_proxy(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Gunicorn]:
    """Without a database: neither a redirect nor the theme needs one."""
    folder = tmp_path_factory.mktemp("https")
    (folder / "static").symlink_to(settings.STATIC_ROOT)
    production = {"BASE_URL": BASE_URL, "TRUSTED_PROXY_COUNT": "1", **STRONG_KEYS}
    with django_db_blocker.unblock():
        nowhere = url_of_no_database(folder)
        with gunicorn(folder, files=None, held=None, under=(), DATABASE_URL=nowhere, **production) as server:
            yield server


def ask(server: Gunicorn, *lines: str, form: str = "") -> Answer:
    """The answer to a request with these lines, by which the proxy leaves its port out of `Host`."""
    head = [*lines, "Host: tokens.example.com", "Connection: close", f"Content-Length: {len(form)}"]
    content = ["Content-Type: application/x-www-form-urlencoded", "", form]
    return server.send("\r\n".join(head + content).encode())


def location(server: Gunicorn, *lines: str) -> str | None:
    """Where a request for the first page with these header lines is sent to."""
    return ask(server, "GET / HTTP/1.1", *lines).header("Location")


@pytest.mark.parametrize(
    "lines",
    [
        ["X-Forwarded-Proto: https"],
        ["X-Forwarded-Proto: HTTPS"],
        ["X-Forwarded-Proto: https,https"],
        ["X-Forwarded-Proto: https, Https"],
        ["X-Forwarded-Proto: https", "X-Forwarded-Proto: https"],
        ["X-Forwarded-Proto: http", "X-Forwarded-Proto: https"],
        ["X-Forwarded-Proto: http, https"],
        ['X-Forwarded-Proto: "https"'],
        ["X-Forwarded-Ssl: on"],
        ["X-Forwarded-Ssl: On, ON"],
        ["X-Forwarded-Protocol: ssl"],
        ["X-Forwarded-Proto: https", "X-Forwarded-Ssl: off"],
        ["X-Forwarded-Proto:", "X-Forwarded-Ssl: on"],
    ],
)
def test_who_came_to_the_proxy_by_https_gets_the_page(behind_a_proxy: Gunicorn, lines: list[str]) -> None:
    assert location(behind_a_proxy, *lines) == THE_PAGE


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["X-Forwarded-Proto: http"],
        ["X-Forwarded-Proto: https, http"],
        ["X-Forwarded-Proto: https", "X-Forwarded-Proto: http"],
        ["X-Forwarded-Proto: httpsx"],
        ["X-Forwarded-Proto: http", "X-Forwarded-Ssl: on"],
        ["X_Forwarded_Proto: https"],
        ["Forwarded: proto=https"],
    ],
)
def test_who_came_to_the_proxy_by_http_is_sent_to_https(behind_a_proxy: Gunicorn, lines: list[str]) -> None:
    assert location(behind_a_proxy, *lines) == TO_HTTPS


@pytest.mark.parametrize(
    ("proxies", "said", "scheme"),
    [
        (0, "https", "http"),
        (2, "https", "https"),
        (2, "https, http", "https"),
        (2, "https, http, https", "http"),
        (2, "http, https, http", "https"),
        (3, "https, https", "https"),
    ],
)
def test_as_many_entries_count_as_proxies_are_trusted(settings: Settings, proxies: int, said: str, scheme: str) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    assert Request(RequestFactory().get("/", HTTP_X_FORWARDED_PROTO=said).environ).scheme == scheme


def test_t35_a_content_type_that_cannot_be_read_counts_as_none() -> None:
    environ = RequestFactory().get("/").environ | {"CONTENT_TYPE": "text/plain; a*=bogus'en'%41"}
    assert Request(environ).content_type == ""


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://tokens.example.com:8443", 302),
        ("https://tokens.example.com:9443", 403),
        ("http://tokens.example.com:8443", 403),
        ("https://evil.example", 403),
    ],
)
def test_forms_are_taken_behind_a_proxy_that_leaves_its_port_out(
    behind_a_proxy: Gunicorn, origin: str, status: int
) -> None:
    page = ask(behind_a_proxy, "GET /accounts/login/ HTTP/1.1", "X-Forwarded-Proto: https")
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page.body)
    assert token
    cookie = str(page.header("Set-Cookie")).partition(";")[0]
    said = ["X-Forwarded-Proto: https", f"Cookie: {cookie}", f"Origin: {origin}"]
    form = f"theme=dark&csrfmiddlewaretoken={token[1].decode()}"
    assert ask(behind_a_proxy, "POST /theme/ HTTP/1.1", *said, form=form).status == status
