"""The management API, `/api/v1`: what the Instance Manager does, for programs.

    with Management("https://tokens.example.com", os.environ["REFERENCE_TOKENS_TOKEN"]) as api:
        scope = api.get("scopes", "read")
        api.patch("scopes", "read", body={"description": "View orders."}, if_match=scope.etag)
        for token in api.each("tokens", kind="SAT"):
            print(token["description"])

The parts of an address are arguments; the members of documents and the filters of lists stand in
`/api/v1/openapi.json` of the service.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from http.client import HTTPException
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from reference_tokens_client.connections import Connections
from reference_tokens_client.refusals import Unavailable
from reference_tokens_client.tokens import is_well_formed
from reference_tokens_client.wire import Answer, address_of, seconds_to_wait

PREFIX = "/api/v1"
# Some acts concern many thousand tokens.
TIMEOUT = 60.0
MOST_BYTES = 100_000_000
MOST_OF_A_PAGE = 200


class Document(dict[str, Any]):
    """What an answer holds; `etag` is its version, for `if_match`, where it has one."""

    etag: str | None = None


class Problem(Exception):
    """The service refused, and did nothing (RFC 9457)."""

    def __init__(self, status: int, document: Mapping[str, Any], retry_after: int | None) -> None:
        """The document is the answer; `retry_after` is in seconds, where the service names them (429)."""
        self.status = status
        self.detail = str(document.get("detail", ""))
        self.errors: list[dict[str, str]] = list(document.get("errors", []))
        self.document = document
        self.retry_after = retry_after
        places = [f"{error.get('pointer') or error.get('parameter')}: {error.get('detail')}" for error in self.errors]
        super().__init__(" ".join([str(status), self.detail, *places]))


class Management:
    """Calls the API with a token for the Trusted Application `reference-tokens/api`.

    Every call raises `Problem` for a refusal, and `Unavailable` where nothing is known of what became of it. One that
    may have acted is safe to repeat with the same `idempotency_key` (24 hours) or `if_match`.
    """

    def __init__(
        self, base_url: str, token: str, timeout: float = TIMEOUT, *, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        """The timeout is in seconds. A context says which authorities are trusted; by default the system's are.

        Raises `ValueError`, without repeating it, for what is no token, as one with the end of a line.
        """
        if not is_well_formed(token):
            # Python's own refusal of such a header shows the whole of it.
            raise ValueError("this is no token: something is missing, or beside it, as the end of a line")
        self.base_url = base_url
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._connections = Connections(address_of(base_url), timeout, ssl_context, MOST_BYTES)

    def __repr__(self) -> str:
        return f"Management({self.base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept."""
        self._connections.close()

    def get(self, *path: str, **query: Any) -> Document:
        """What stands at the address."""
        return self._call("GET", path, query)

    def each(self, *path: str, **filters: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, read page by page while it is iterated: none is left out or told twice."""
        query = {"limit": MOST_OF_A_PAGE} | filters
        while True:
            page = self._call("GET", path, query)
            yield from page["items"]
            if page["next"] is None:
                return
            query["after"] = parse_qs(urlsplit(page["next"]).query)["after"][0]

    def post(
        self,
        *path: str,
        body: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Document:
        """Make or do something; a secret in the answer is shown this once."""
        return self._call("POST", path, dry(dry_run), body, {"Idempotency-Key": idempotency_key})

    def patch(
        self, *path: str, body: Mapping[str, Any], if_match: str | None = None, dry_run: bool = False
    ) -> Document:
        """Change these members; `if_match` is the `etag` that was read, or `*` for whatever is there."""
        return self._call("PATCH", path, dry(dry_run), body, {"If-Match": if_match})

    def delete(self, *path: str, if_match: str | None = None, dry_run: bool = False) -> Document:
        """Delete what stands at the address; `if_match` as in `patch`."""
        return self._call("DELETE", path, dry(dry_run), None, {"If-Match": if_match})

    def _call(
        self,
        method: str,
        path: tuple[str, ...],
        query: Mapping[str, Any],
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Document:
        address = "/".join([PREFIX, *(quote(part, safe="") for part in path)])
        sent = self._headers | {name: value for name, value in (headers or {}).items() if value is not None}
        if body is not None:
            sent["Content-Type"] = "application/json"
        if query:
            address += f"?{urlencode({name: as_text(value) for name, value in query.items()}, doseq=True)}"
        content = None if body is None else json.dumps(body).encode()
        try:
            answer = self._connections.request(method, address, content, sent)
        except (OSError, HTTPException) as error:
            raise Unavailable(f"no answer: {type(error).__name__}") from None
        return document_of(answer)


def dry(is_dry_run: bool) -> dict[str, Any]:  # noqa: FBT001 - the value of one parameter
    """The query of a call that writes, or only tells what it would do."""
    return {"dry_run": True} if is_dry_run else {}


def as_text(value: Any) -> Any:
    """A value of a query as the API reads it."""
    return json.dumps(value) if isinstance(value, bool) else value


def document_of(answer: Answer) -> Document:
    """What an answer holds, which is nothing for 204; raises `Problem` and `Unavailable`."""
    if answer.status == HTTPStatus.NO_CONTENT:
        return Document()
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise Unavailable(f"the service answered {answer.status}, without a document")
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
        raise Unavailable(str(told.get("detail", "the service answered 503")), seconds_to_wait(answer))
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        raise Problem(answer.status, told, seconds_to_wait(answer) if "retry-after" in answer.headers else None)
    document = Document(told)
    document.etag = answer.headers.get("etag")
    return document
