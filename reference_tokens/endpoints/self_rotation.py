"""`POST /api/token/rotate` (contract 4.5): the holder of a token puts a new value in its place (TOK-10)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.http import client_address
from reference_tokens.endpoints.answers import GO_ON, encoded, json_answer
from reference_tokens.endpoints.http import (
    ACT_SECONDS,
    INVALID_REQUEST,
    Refused,
    form_fields,
    machine_endpoint,
    only_value,
)
from reference_tokens.endpoints.self_service import description, inactive_answer, iso, the_token_presented
from reference_tokens.lifecycle.rotation import (
    DEFAULT_OVERLAP,
    LONGEST_OVERLAP,
    Refusal,
    RotationRefused,
    end_of,
    rotate_itself,
)
from reference_tokens.models import Door
from reference_tokens.validation.decision import Inactive
from reference_tokens.validation.noting import note
from reference_tokens.validation.validate import judge, validate

if TYPE_CHECKING:
    from reference_tokens.endpoints.answers import Answer
    from reference_tokens.endpoints.requests import Request
    from reference_tokens.lifecycle.issuance import IssuedToken
    from reference_tokens.validation.decision import Decision

FIELD = "overlap_seconds"
SECONDS = re.compile(r"[0-9]{1,6}\Z")
# What ended or suspended the token since it was found good is told as at any other time.
NOT_GOOD = {Refusal.REVOKED, Refusal.EXPIRED, Refusal.SUSPENDED, Refusal.NO_SCOPES}


@machine_endpoint("POST", patience=ACT_SECONDS)
@sensitive_variables("issued", "plaintext")
def token_rotate(request: Request) -> Answer:
    """The new value, this once: 201. The presented one works on for as long as the form asks for."""
    now = timezone.now()
    plaintext = the_token_presented(request)
    overlap = asked_overlap(request)
    address = client_address(request)
    decision = validate(plaintext, now=now, door=Door.SELF_ROTATION, address=address)
    if decision.inactive:
        return inactive_answer(decision.inactive)
    try:
        issued = rotate_itself(token_id=decision.good.id, address=address, overlap=overlap, now=now)
    except RotationRefused as refused:
        return refused_answer(refused)
    except ValidationError as refused:
        return problem_in_words(403, "access_denied", " ".join(refused.messages))
    return json_answer(encoded(description_of_both(issued, decision)), 201)


@machine_endpoint()
def head_of_a_holder(request: Request) -> Answer:
    """Refuse a token that is no good before the body is read; else say 100, which is no use of it."""
    now = timezone.now()
    decision = judge(the_token_presented(request), now=now, server=None)
    if decision.inactive:
        note(decision, now=now, server=None, door=Door.SELF_ROTATION, address=client_address(request))
        return inactive_answer(decision.inactive)
    return GO_ON


def asked_overlap(request: Request) -> timedelta:
    """How long the old value shall work on; a day where the request has no body, or a form without the field.

    Raises `Refused` for what is no whole number of seconds up to 7 days, and for a body that cannot be read.
    """
    if "HTTP_TRANSFER_ENCODING" in request.META:
        # A body without a length is not read, and what it asks for would go unheard.
        raise Refused(INVALID_REQUEST)
    if request.META.get("CONTENT_LENGTH") in {None, "", "0"}:
        return DEFAULT_OVERLAP
    fields = form_fields(request)
    if FIELD not in fields:
        return DEFAULT_OVERLAP
    seconds = only_value(fields, FIELD)
    overlap = timedelta(seconds=int(seconds)) if SECONDS.match(seconds) else None
    if overlap is None or overlap > LONGEST_OVERLAP:
        raise Refused(INVALID_REQUEST)
    return overlap


def description_of_both(issued: IssuedToken, decision: Decision) -> dict[str, object]:
    """The new token as `GET /api/token` tells it, with its value and the end of the old one."""
    old = issued.token.replaces
    assert old  # noqa: S101 - for the type checker: a rotation replaces
    return {
        **description(issued.token, decision),
        "token": issued.plaintext,
        "replaces": str(old.pk),
        "previous_expires_at": iso(end_of(old)),
    }


def refused_answer(refused: RotationRefused) -> Answer:
    """409 for a token that was rotated already, 403 where its application does not allow it; 401 for one that ended."""
    if refused.reason in NOT_GOOD:
        return inactive_answer(Inactive(str(refused.reason)))
    if refused.reason == Refusal.REPLACED:
        return problem_in_words(409, "already_rotated", str(refused))
    return problem_in_words(403, "access_denied", str(refused))


def problem_in_words(status: int, error: str, words: str) -> Answer:
    """A refusal that says why: the caller holds the token."""
    return json_answer(encoded({"error": error, "error_description": words}), status)
