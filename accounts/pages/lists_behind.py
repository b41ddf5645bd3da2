"""Lets the lists of a page be some seconds old where there is a replica, unless its person has just done something."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.core.exceptions import MiddlewareNotUsed
from django.db import connections
from django.utils import timezone

from accounts.audit.queries import has_done_nothing_lately
from accounts.database.replica import REPLICA, lists_may_be_behind

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

    from accounts.http import SignedInRequest


class ListsBehindMiddleware:
    """A page that only shows something may read its lists from the replica; one that acts reads what it did."""

    def __init__(self, get_response: Callable[[SignedInRequest], HttpResponse]) -> None:
        if REPLICA not in connections.settings:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: SignedInRequest) -> HttpResponse:
        """The answer of the view."""
        if request.method not in {"GET", "HEAD"} or not request.user.is_authenticated:
            return self.get_response(request)
        ask = partial(has_done_nothing_lately, "user", str(request.user.pk), timezone.now())
        with lists_may_be_behind(ask):
            return self.get_response(request)
