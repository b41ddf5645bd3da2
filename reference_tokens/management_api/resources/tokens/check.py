"""`/tokens/check`: what a door would answer about a token now, and why (VAL-6)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.views.decorators.debug import sensitive_variables
from ninja import Field, Router, Schema

from accounts.limits.rates import CannotCount, TooManyAttempts, count_attempt
from reference_tokens.management_api.authentication import READ
from reference_tokens.management_api.bodies import Members
from reference_tokens.management_api.problems import Problem, invalid_member, unavailable
from reference_tokens.management_api.requests import Request
from reference_tokens.management_api.resources.tokens.members import TokenMembers, token_members, with_members
from reference_tokens.models import ReferenceToken, ResourceServer
from reference_tokens.pages.checking.mistypings import mistyping_in_words
from reference_tokens.validation.checking import CHECKS, VERDICTS, Question, check, record_check
from reference_tokens.validation.decision import Inactive

router = Router(tags=["tokens"])
LONGEST = 1_000


class CheckQuestion(Members):
    """A token as a program sends it, and who would ask about it."""

    value: str = Field(min_length=1, max_length=LONGEST, description="It is looked up by its digest and kept nowhere.")
    client_id: str | None = Field(
        default=None,
        max_length=40,
        description="Of the Resource Server; null: forward auth without a Resource Server.",
    )


class CheckAnswer(Schema):
    """What the doors would answer; nothing of the value."""

    active: bool = Field(description="Whether forward auth would let it in.")
    outcome: str
    says: str
    mistakes: list[str] = Field(description="What is wrong with a text that is no token.")
    resource_server: str | None
    introspection: str | None = Field(description="The answer of introspection; null without a Resource Server.")
    forward_auth: str = Field(description="The status of forward auth.")
    token: TokenMembers | None = Field(description="The token, where there is one.")


@router.post("/check", auth=READ, response=CheckAnswer, summary="Check a token")
def check_token(request: Request, body: CheckQuestion) -> dict[str, Any]:
    """It is no use of the token. Each check is recorded, as on the page, and 30 a minute are answered."""
    server = server_of(body.client_id)
    count_check(request)
    return answer(request, body.value, server)


@sensitive_variables("value", "question")
def answer(request: Request, value: str, server: ResourceServer | None) -> dict[str, Any]:
    """Check the value, record that, and say what was found."""
    caller, question = request.caller, Question(value, None, server)
    tokens = with_members(ReferenceToken.objects.all())
    checked = check(tokens, question, caller.now, not_found=Inactive.UNKNOWN)
    record_check(caller.actor, checked, caller.now)
    introspection, forward_auth = checked.answers
    return {
        "active": forward_auth == str(HTTPStatus.OK.value),
        "outcome": checked.holds,
        "says": str(VERDICTS[checked.holds]),
        "mistakes": mistyping_in_words(value) if checked.outcome == Inactive.MALFORMED else [],
        "resource_server": server.client_id if server else None,
        "introspection": introspection if server else None,
        "forward_auth": forward_auth,
        "token": token_members(checked.found, caller.now) if checked.found else None,
    }


def server_of(client_id: str | None) -> ResourceServer | None:
    """The Resource Server that would ask; raises `Problem` 422 where there is none of this id."""
    if client_id is None:
        return None
    # PostgreSQL takes no NUL, and no id has one.
    server = ResourceServer.objects.filter(client_id=client_id.replace("\0", "")).first()
    if server is None:
        raise invalid_member("client_id", "There is no such Resource Server.")
    return server


def count_check(request: Request) -> None:
    """Count a check of the holder with those on the page; raises `Problem`: 429 for one too many, 503."""
    try:
        count_attempt(request, CHECKS, str(request.caller.holder.pk))
    except TooManyAttempts as refused:
        headers = {"Retry-After": str(refused.seconds)}
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "Too many tokens were checked.", headers=headers) from None
    except CannotCount:
        raise unavailable() from None
