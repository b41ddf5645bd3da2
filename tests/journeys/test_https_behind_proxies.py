"""Who comes by https is what the trusted proxies say, however they spell it, and nobody is sent in circles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import RequestFactory
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from tests.command_line import STRONG_KEYS
from tests.gunicorn import Gunicorn, gunicorn, url_of_no_database
from tokens_project.wsgi import Request

TO_HTTPS = "https://tokens.example.com/"
THE_PAGE = "/profile/"


@pytest.fixture(scope="module")
def behind_a_proxy(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Gunicorn]:
    """Without a database: a redirect needs none."""
    folder = tmp_path_factory.mktemp("https")
    production = {"BASE_URL": "https://tokens.example.com", "TRUSTED_PROXY_COUNT": "1", **STRONG_KEYS}
    with django_db_blocker.unblock():
        nowhere = url_of_no_database(folder)
        with gunicorn(folder, DATABASE_URL=nowhere, **production) as server:
            yield server


def location(server: Gunicorn, *lines: str) -> str | None:
    """Where a request for the first page with these header lines is sent to."""
    head = ["GET / HTTP/1.1", "Host: tokens.example.com", "Connection: close", *lines]
    return server.send("".join(f"{line}\r\n" for line in [*head, ""]).encode()).header("Location")


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
    assert Request(RequestFactory()._base_environ(HTTP_X_FORWARDED_PROTO=said)).scheme == scheme
