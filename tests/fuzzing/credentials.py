"""What anybody may send to be let in: headers, forms, and texts that should be tokens."""

from __future__ import annotations

import binascii
import io
import re

from reference_tokens.endpoints.credentials import MalformedCredential, NoCredential, presented_token
from reference_tokens.endpoints.http import Refused, client_credentials, form_fields, only_value
from reference_tokens.endpoints.requests import Request
from reference_tokens.token_values.mistyping import mistyping_of
from reference_tokens.token_values.token_format import holds_token, is_well_formed

HEADERS = ("HTTP_AUTHORIZATION", "HTTP_X_API_KEY", "HTTP_API_KEY")
REFUSALS = {400, 401, 413}
SIGNS_OF_CREDENTIALS = re.compile(r"[A-Za-z0-9_-]+\Z")


def header(data: bytes) -> None:
    """Each line is one of the headers that carry a token: one visible text in one of them is read, and nothing else."""
    values = [line.decode("latin-1") for line in data.split(b"\n")[: len(HEADERS)]]
    environ = {"REQUEST_METHOD": "GET", **dict(zip(HEADERS, values, strict=False))}
    try:
        token = presented_token(Request(environ, "/auth/forward"))
    except (NoCredential, MalformedCredential):
        return
    present = [(number, value) for number, value in enumerate(values) if value.strip()]
    assert len(present) == 1
    number, value = present[0]
    scheme = value[: -len(token)] if number == 0 else ""
    assert value == scheme + token
    assert number or (scheme[:6].lower(), scheme[6:].strip(" ")) == ("bearer", "")
    assert all("!" <= sign <= "~" and sign != "," for sign in token)


def form(data: bytes) -> None:
    """The lines are a Content-Type, an Authorization header and a body: credentials of the right signs, or refused."""
    said, authorization, body = [*data.split(b"\n", 2), b"", b""][:3]
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": said.decode("latin-1"),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": authorization.decode("latin-1"),
        "wsgi.input": io.BytesIO(body),
    }
    try:
        request = Request(environ, "/oauth/introspect")
        fields = form_fields(request)
        credentials = client_credentials(request, fields)
        token = only_value(fields, "token")
    except Refused as refused:
        assert refused.problem.status in REFUSALS
        return
    assert all(SIGNS_OF_CREDENTIALS.match(part) for part in credentials)
    assert token


def token(data: bytes) -> None:
    """A text is well-formed if its form and its checksum are right, worked out here once more; else it is told why."""
    text = data.decode("utf-8", "surrogateescape")
    is_token = bool(re.fullmatch(rb"enrt_[0-9A-F]{64}", data)) and binascii.crc32(data[:61]) == int(data[61:], 16)
    assert is_well_formed(text) == is_token
    if is_token:
        assert holds_token(text)
        return
    told = mistyping_of(text)
    assert told.mistakes
    assert 0 <= told.digits <= len(text)
