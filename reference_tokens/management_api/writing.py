"""Calls that write: each in one transaction, all or nothing; once for a key; or only as if, for a dry run."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.db import transaction
from django.http import HttpResponse

from reference_tokens.management_api.problems import invalid_parameter
from reference_tokens.management_api.repetition import acting_once
from reference_tokens.management_api.secrets import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_tokens.management_api.requests import Request

DRY_RUN = "dry_run"
DRY_RUN_VALUES = {"true": True, "false": False}


def write(request: Request, act: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer of `act`, done for good; with `?dry_run=true` what it would be, and nothing is done.

    A dry run does all that the act does and takes it back, so that it answers by the same rules. Whatever raises is
    taken back too.
    """
    is_dry = is_dry_run(request)
    with transaction.atomic():
        if not is_dry:
            return acting_once(request, act)
        response = act()
        transaction.set_rollback(True)
    if not response.content:
        return response
    content, _held_secret = without_secrets(response.content)
    return HttpResponse(content, status=HTTPStatus.OK, content_type="application/json")


def is_dry_run(request: Request) -> bool:
    """Whether the caller wants to know only what would be done; raises `Problem` 422 for what is neither."""
    values = request.GET.getlist(DRY_RUN) or ["false"]
    if len(values) > 1 or values[0] not in DRY_RUN_VALUES:
        raise invalid_parameter(DRY_RUN, "Send true or false.")
    return DRY_RUN_VALUES[values[0]]
