"""Framing answers as gunicorn does, without doing again for each answer what is the same for all of them.

gunicorn holds each header against two patterns, and writes the date anew: that took a twentieth of a validation.
"""

from __future__ import annotations

import time
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from gunicorn import util
from gunicorn.http import wsgi

from tokens_project.server.refusing import write_refusal

# Headers that have few values, none of them secret. Of no other header a value is kept.
OF_FEW_VALUES = frozenset(
    {
        "Cache-Control",
        "Content-Security-Policy",
        "Content-Type",
        "Cross-Origin-Opener-Policy",
        "Referrer-Policy",
        "Strict-Transport-Security",
        "X-Content-Type-Options",
        "X-Frame-Options",
    }
)


class Framed(wsgi.Response):  # type: ignore[misc] # gunicorn ships no types
    """gunicorn's response, which checks a header that it knows already no more."""

    def process_headers(self, headers: list[tuple[str, str]]) -> None:
        """Take the headers that the application gives; raises gunicorn's exceptions for what is none."""
        for name, value in headers:
            if name in OF_FEW_VALUES:
                self.headers.append(checked(name, value))
            else:
                super().process_headers([(name, value)])


@lru_cache(maxsize=64)
def checked(name: str, value: str) -> Any:
    """The header as gunicorn takes it."""
    response = wsgi.Response(None, None, None)
    response.process_headers([(name, value)])
    return response.headers[0]


def frame_as_here() -> None:
    """Let gunicorn write dates, and its answers to what it cannot read, as this project does."""
    util.http_date, util.write_error = http_date, write_refusal


def http_date() -> str:
    """In place of gunicorn's: the date of an answer, written once in each second."""
    return date_of(int(time.time()))


@lru_cache(maxsize=1)
def date_of(second: int) -> str:
    """A second of the clock as HTTP writes it (RFC 9110 §5.6.7)."""
    return formatdate(second, usegmt=True)
