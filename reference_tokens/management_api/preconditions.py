"""Entity tags, so that a program does not undo a change that it has not seen (EDIT-1; RFC 9110 §8.8.3, §13.1.1)."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from ninja import Header

from accounts.forms.versions import Opened, version_of
from reference_tokens.management_api.problems import MEMBERS, Problem

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.forms.versions import ChangedMeanwhile

# The header as a parameter of a call, for its document.
IfMatch = Annotated[str, Header(alias="If-Match", description="The ETag of what was read; * takes any.")]
# The same where it need not be sent: all that can be changed is told with each change. The words tell the two apart.
NOT_REQUIRED = "The ETag of what was read; it need not be sent."
MayMatch = Annotated[str, Header(alias="If-Match", description=NOT_REQUIRED)]
# RFC 9110 §8.8.3; one that is weak is never the same as another.
TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e]*)"\Z')
WEAK = "W/"
ANY = "*"


def entity_tag(state: dict[str, Any]) -> str:
    """The tag of what can be changed of a thing: two are the same where the states are."""
    return f'"{version_of(state)}"'


def set_entity_tag(response: HttpResponse, state: dict[str, Any]) -> None:
    """Tell the tag with the answer."""
    response["ETag"] = entity_tag(state)


def expected(if_match: str) -> Opened | None:
    """The version that the caller has read, for the function that changes it; None where they take any (`*`).

    Raises `Problem`: 428 without If-Match (RFC 6585 §3), 400 for what is no tag, 412 for one that no state has.
    """
    given = if_match.strip()
    if not given:
        detail = "Read it first, and send its ETag as If-Match."
        raise Problem(HTTPStatus.PRECONDITION_REQUIRED, detail)
    if given == ANY:
        return None
    match = TAG.match(given)
    if match is None:
        raise Problem(HTTPStatus.BAD_REQUEST, "If-Match is one ETag, or *.")
    if given.startswith(WEAK):
        raise Problem(HTTPStatus.PRECONDITION_FAILED, "A weak ETag is not enough to change anything.")
    return Opened(match[1])


def changed_meanwhile(changed: ChangedMeanwhile) -> Problem:
    """412, with the members that others have changed."""
    members = ", ".join(MEMBERS.get(name, name) for name in changed.changed)
    detail = f"It was changed since: {members}. Read it again."
    return Problem(HTTPStatus.PRECONDITION_FAILED, detail)
