"""Pages travel compressed; the answer to a form does not, whatever it holds."""

from __future__ import annotations

import gzip

import brotli  # type: ignore[import-untyped] # it ships no types
import pytest
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_page_is_compressed(client: Client) -> None:
    answer = client.get("/accounts/login/", headers={"accept-encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"Sign in" in gzip.decompress(answer.content)


def test_a_browser_gets_what_is_smallest(client: Client) -> None:
    answer = client.get("/accounts/login/", headers={"accept-encoding": "gzip, deflate, br, zstd"})
    assert answer.headers["Content-Encoding"] == "br"
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert b"Sign in" in brotli.decompress(answer.content)


def test_brotli_is_for_who_asks_for_it_without_reserve(client: Client) -> None:
    answer = client.get("/accounts/login/", headers={"accept-encoding": "br;q=0, gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"


def test_a_short_answer_is_plain(client: Client) -> None:
    answer = client.get("/", headers={"accept-encoding": "br"})
    assert answer.status_code == 302
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_the_answer_to_a_form_is_not(client: Client, encoding: str) -> None:
    answer = client.post("/accounts/login/", {"login": "nobody"}, headers={"accept-encoding": encoding})
    assert "Content-Encoding" not in answer.headers
    assert b"Enter your password." in answer.content


def test_a_page_is_plain_for_who_cannot_read_it_otherwise(client: Client) -> None:
    assert "Content-Encoding" not in client.get("/accounts/login/").headers
