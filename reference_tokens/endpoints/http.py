"""What the machine endpoints share: reading a request strictly and answering in JSON (contract §4)."""

from __future__ import annotations

import base64
import binascii
import functools
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from urllib.parse import parse_qsl, unquote_plus

import django.db
from django.http import UnreadablePostError

from accounts.database.deadlines import with_deadline
from accounts.events import Event, count
from accounts.http import client_address
from reference_tokens.endpoints.answers import NO_HEADERS, Answer, encoded, json_answer
from reference_tokens.endpoints.requests import FORM, Asked, Request
from reference_tokens.token_values.key_ring import KeyRingIncomplete
from reference_tokens.validation.callers import CREDENTIAL_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

logger = logging.getLogger(__name__)

MAXIMUM_HEADER_LENGTH = 4096
MAXIMUM_BODY_LENGTH = 16_384
MAXIMUM_LENGTH_DIGITS = 10
MAXIMUM_FIELDS = 100
LONGEST_TOLD_ID = 40
RETRY_AFTER_SECONDS = "5"
# So long an answer may wait for the database in total (VAL-4); what acts may have to wait for a lock first.
ANSWER_SECONDS = 4.0
ACT_SECONDS = 15.0

Asking = TypeVar("Asking", bound=Asked)
MachineView = Callable[[Request], Answer]


class Problem(NamedTuple):
    """An answer that ends a request: its status, its error code (RFC 6749 §5.2), and headers of its own."""

    status: int
    error: str
    headers: Mapping[str, str] = NO_HEADERS
    # A sentence for the people who read the caller's log; empty where the code says it all.
    description: str = ""


INVALID_REQUEST = Problem(400, "invalid_request")
# RFC 6749 §5.2: the caller is who it says, and may not do this.
UNAUTHORIZED_CLIENT = Problem(400, "unauthorized_client")
INVALID_CLIENT = Problem(401, "invalid_client", {"WWW-Authenticate": 'Basic realm="oauth"'})
NOT_FOUND = Problem(404, "not_found")
TOO_LARGE = Problem(413, "invalid_request")
SERVER_ERROR = Problem(500, "server_error")
UNAVAILABLE = Problem(503, "temporarily_unavailable", {"Retry-After": RETRY_AFTER_SECONDS})


class Refused(Exception):
    """Ends a request with the problem as its answer."""

    def __init__(self, problem: Problem, *, client_id: str = "") -> None:
        super().__init__(problem.error)
        self.problem, self.client_id = problem, client_id


def problem_answer(problem: Problem) -> Answer:
    """The problem as JSON: `{"error": …}`, with `error_description` where there is one."""
    document = {"error": problem.error} | ({"error_description": problem.description} if problem.description else {})
    return json_answer(encoded(document), problem.status, problem.headers)


def machine_endpoint(
    *methods: str, patience: float = ANSWER_SECONDS
) -> Callable[[Callable[[Asking], Answer]], Callable[[Asking], Answer]]:
    """Make a view a machine endpoint for these methods (none named: for all), whose every failure lets nobody in.

    What cannot be known because the store cannot be read, in so many seconds, is 503 (VAL-4); a fault of ours is 500,
    logged.
    """

    def decorate(view: Callable[[Asking], Answer]) -> Callable[[Asking], Answer]:
        @functools.wraps(view)
        def answer(request: Asking) -> Answer:
            if methods and request.method not in methods:
                return problem_answer(Problem(405, "method_not_allowed", {"Allow": ", ".join(methods)}))
            try:
                return with_deadline(patience, view, request)
            except Refused as refused:
                tell_of_refused_client(request, refused)
                return problem_answer(refused.problem)
            except UnreadablePostError:
                # The client went away while it was still sending: nobody reads the answer.
                return problem_answer(INVALID_REQUEST)
            except (django.db.Error, KeyRingIncomplete):
                count(Event.UNAVAILABLE)
                logger.exception("%s cannot be answered", request.path_info, extra={"event": Event.UNAVAILABLE})
                return problem_answer(UNAVAILABLE)
            except Exception:
                count(Event.FAILED)
                logger.exception("%s failed", request.path_info, extra={"event": Event.FAILED})
                return problem_answer(SERVER_ERROR)

        return answer

    return decorate


def tell_of_refused_client(request: Asked, refused: Refused) -> None:
    """Say in the log who could not authenticate; once a minute for each, with a count."""
    if refused.problem is INVALID_CLIENT:
        count(Event.RESOURCE_SERVER_REFUSED)
        who = (refused.client_id[:LONGEST_TOLD_ID] or "without an id", client_address(request) or "an unknown address")
        facts = {"event": Event.RESOURCE_SERVER_REFUSED, "once_a_minute": who}
        logger.warning("%s refused the client %s from %s: invalid_client", request.path_info, *who, extra=facts)


def body_length(request: Request, most: int) -> int:
    """The length of the body, none where there is none; raises `Refused` for more than `most`, or no number."""
    # Python reads no number of more than 4,300 digits, so that its length is asked first.
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or len(length) > MAXIMUM_LENGTH_DIGITS or int(length) > most:
        raise Refused(TOO_LARGE)
    return int(length)


def form_fields(request: Request, *, most: int = MAXIMUM_FIELDS) -> dict[str, list[str]]:
    """The fields of a form body, each with all of its values.

    Raises `Refused` for another content type, more than 16 KB, or more fields than so many.
    """
    length = body_length(request, MAXIMUM_BODY_LENGTH)
    if request.content_type != FORM:
        raise Refused(INVALID_REQUEST)
    try:
        body = request.read(length).decode("latin-1")
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=most)
    except ValueError:
        raise Refused(INVALID_REQUEST) from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def only_value(fields: dict[str, list[str]], name: str) -> str:
    """The value of a field that must stand exactly once and not be empty; raises `Refused`."""
    values: Sequence[str] = fields.get(name, ())
    if len(values) != 1 or not values[0]:
        raise Refused(INVALID_REQUEST)
    return values[0]


def client_credentials(request: Asked, fields: dict[str, list[str]]) -> tuple[str, str]:
    """The id and secret that a client authenticates with: `client_secret_basic` or `client_secret_post`.

    What is sent without a value counts as not sent (RFC 6749 §3.2). Raises `Refused`: 400 for both at once (§2.3), 401
    for none or a malformed one.
    """
    header = request.META.get("HTTP_AUTHORIZATION", "").strip(" \t")
    if header and any(fields.get("client_secret", ())):
        raise Refused(INVALID_REQUEST)
    if header:
        return basic_credentials(header)
    if not (any(fields.get("client_id", ())) and any(fields.get("client_secret", ()))):
        raise Refused(INVALID_CLIENT)
    return checked_credentials(only_value(fields, "client_id"), only_value(fields, "client_secret"))


def basic_credentials(header: str) -> tuple[str, str]:
    """The two parts of a Basic header; some clients percent-encode them (RFC 6749 §2.3.1), some do not."""
    scheme, _space, encoded_pair = header.partition(" ")
    if scheme.lower() != "basic" or len(header) > MAXIMUM_HEADER_LENGTH:
        raise Refused(INVALID_CLIENT)
    try:
        pair = base64.b64decode(encoded_pair.strip(" "), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise Refused(INVALID_CLIENT) from None
    client_id, _colon, secret = pair.partition(":")
    return checked_credentials(unquote_plus(client_id), unquote_plus(secret))


def checked_credentials(client_id: str, secret: str) -> tuple[str, str]:
    """Both parts, if they are of the characters that ids and secrets are made of; else `Refused` 401."""
    if not (CREDENTIAL_CHARACTERS.match(client_id) and CREDENTIAL_CHARACTERS.match(secret)):
        raise Refused(INVALID_CLIENT)
    return client_id, secret
