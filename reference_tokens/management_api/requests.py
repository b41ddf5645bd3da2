"""A request to the management API: Django's, with what the steps before a call have found out."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.core.handlers.wsgi import WSGIRequest

from reference_tokens.endpoints.http import MAXIMUM_LENGTH_DIGITS
from reference_tokens.endpoints.requests import media_type
from reference_tokens.management_api.bodies import READERS
from reference_tokens.management_api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Collection

    from reference_tokens.management_api.authentication import Caller

# So much the server waits for at these addresses. A configuration of some hundred objects fits, of JSON or YAML.
MAXIMUM_BODY_LENGTH = 131_072


class Request(WSGIRequest):
    """A request whose Content-Type may be anything, and whose body is read once; HEAD asks the call of GET."""

    caller: Caller
    # What the body holds; None where there is none.
    document: Any = None
    # The headers that say how many requests the token has left; none before it is counted.
    rate: dict[str, str]

    def __init__(self, environ: dict[str, Any]) -> None:
        # Django raises for a Content-Type that it cannot read (T35).
        readable = {**environ, "CONTENT_TYPE": media_type(environ.get("CONTENT_TYPE", ""))}
        self.wants_content = environ["REQUEST_METHOD"] != "HEAD"
        if not self.wants_content:
            # RFC 9110 §9.3.2: as GET, without the content.
            readable["REQUEST_METHOD"] = "GET"
        super().__init__(readable)
        self.rate = {}

    def read_body(self, media_types: Collection[str]) -> None:
        """Read the body, of one of these types and a size that is taken; raises `Problem`: 400, 411, 413, 415, 422."""
        length = self.META.get("CONTENT_LENGTH") or "0"
        if "HTTP_TRANSFER_ENCODING" in self.META and length == "0":
            raise Problem(HTTPStatus.LENGTH_REQUIRED, "Send the length of the body (Content-Length).")
        if not length.isdecimal() or len(length) > MAXIMUM_LENGTH_DIGITS or int(length) > MAXIMUM_BODY_LENGTH:
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body has at most {MAXIMUM_BODY_LENGTH} bytes.")
        body = self.read(int(length))
        given = self.content_type or ""
        if body and given not in media_types:
            detail = f"Send the body as {' or '.join(media_types)}."
            raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)
        self._body = body
        self.document = READERS[given](body) if body else None
