"""Answers that refuse, as `application/problem+json` (RFC 9457); none repeats a secret that it was sent."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse

from accounts.text.secrets import refusal_of
from reference_tokens.endpoints.http import RETRY_AFTER_SECONDS

if TYPE_CHECKING:
    from django.core.exceptions import ValidationError

PROBLEM_JSON = "application/problem+json"
# An answer tells so many mistakes: a megabyte may hold a hundred thousand.
MOST_ERRORS = 100
# Members of the API whose columns have another name.
MEMBERS = {
    "access_tokens_policy": "access_tokens",
    "asks_for_all_applications": "all_applications",
    "shares_profile": "share_profile",
}


class Problem(Exception):
    """Ends a request: nothing was done.

    `errors` say of a member by its JSON pointer, or of a parameter by its name, what is wrong with it, of the first
    `MOST_ERRORS`; `more` are members that a program may need to go on.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Iterable[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors = status, detail, list(islice(errors, MOST_ERRORS))
        self.headers, self.more = dict(headers or {}), more

    @property
    def response(self) -> HttpResponse:
        """The answer."""
        document = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": without_secret(self.detail),
            **self.more,
        }
        if self.errors:
            document["errors"] = [{name: without_secret(text) for name, text in one.items()} for one in self.errors]
        return HttpResponse(json.dumps(document), status=self.status, content_type=PROBLEM_JSON, headers=self.headers)


def without_secret(text: str) -> str:
    """The text; where a secret stands in it, the sentence that refuses it."""
    return refusal_of(text) or text


def invalid(errors: Iterable[Mapping[str, str]]) -> Problem:
    """422, with what is wrong at each place."""
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Nothing was done: some values are not valid.", errors=errors)


def invalid_member(name: str, detail: str) -> Problem:
    """422 for one member of the body."""
    return invalid([{"pointer": f"#/{name}", "detail": detail}])


def invalid_parameter(name: str, detail: str) -> Problem:
    """422 for one parameter of the query or header."""
    return invalid([{"parameter": name, "detail": detail}])


def refused_by_rules(refused: ValidationError) -> Problem:
    """422 for what a lower layer refused: at the members that it names, else at the whole body."""
    if not hasattr(refused, "error_dict"):
        return invalid({"pointer": "#", "detail": message} for message in refused.messages)
    return invalid(
        {"pointer": pointer_to(name), "detail": message}
        for name, messages in refused.message_dict.items()
        for message in messages
    )


def pointer_to(field: str) -> str:
    """The JSON pointer of the member that a column stands for."""
    return "#" if field == "__all__" else f"#/{MEMBERS.get(field, field)}"


def not_found(detail: str = "There is nothing at this address.") -> Problem:
    """404."""
    return Problem(HTTPStatus.NOT_FOUND, detail)


def wrong_method(methods: Collection[str]) -> Problem:
    """405, with the methods of the address; HEAD is one where GET is."""
    allowed = ", ".join(sorted({*methods, "HEAD"} if "GET" in methods else methods))
    return Problem(HTTPStatus.METHOD_NOT_ALLOWED, f"Here is {allowed}.", headers={"Allow": allowed})


def conflict(detail: str, **more: Any) -> Problem:
    """409: the state of things does not allow it."""
    return Problem(HTTPStatus.CONFLICT, detail, **more)


def unavailable(detail: str = "It cannot be told now: try again.") -> Problem:
    """503, which says when to try again."""
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": RETRY_AFTER_SECONDS})
