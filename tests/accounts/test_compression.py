"""Pages travel compressed; the answer to a form does not, whatever it holds."""

from __future__ import annotations

import gzip

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_a_page_is_compressed(client: Client) -> None:
    answer = client.get("/accounts/login/", headers={"accept-encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"Sign in" in gzip.decompress(answer.content)


def test_the_answer_to_a_form_is_not(client: Client) -> None:
    answer = client.post("/accounts/login/", {"login": "nobody"}, headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
    assert b"Enter your password." in answer.content


def test_a_page_is_plain_for_who_cannot_read_it_otherwise(client: Client) -> None:
    assert "Content-Encoding" not in client.get("/accounts/login/").headers
