"""The answer to an exception that nothing else took."""

from __future__ import annotations

from django.http import UnreadablePostError
from django.test import RequestFactory

from accounts.pages.unavailable import server_error


def test_a_client_that_went_away_while_it_was_sending_is_no_fault_of_ours() -> None:
    try:
        went_away()
    except UnreadablePostError:
        assert server_error(RequestFactory().post("/")).status_code == 400


def went_away() -> None:
    """What Django raises where the body ends too early."""
    raise UnreadablePostError
