"""What an API answers where it does not let a request in, with the same challenges as forward auth (RFC 6750 §3)."""

from __future__ import annotations

CHALLENGE = 'Bearer realm="api"'
SECONDS_TO_WAIT = 5


class Refused(Exception):
    """The request is not let in: answer with `status`, `headers`, and if you like `body` as JSON."""

    def __init__(self, status: int, error: str | None = None, scope: str = "") -> None:
        """`error` is None where the request carries no credential; the scope is what it would need."""
        super().__init__(error or "missing_token")
        parameters = [CHALLENGE, *([f'error="{error}"'] if error else []), *([f'scope="{scope}"'] if scope else [])]
        self.status = status
        self.error = error
        self.body = {"error": str(self)}
        self.headers = {"WWW-Authenticate": ", ".join(parameters), "Cache-Control": "no-store"}


class Unavailable(Exception):
    """The service could not tell, whatever the reason: answer 503 and let the caller try again; never 401."""

    status = 503

    def __init__(self, why: str, retry_after: int = SECONDS_TO_WAIT) -> None:
        """`why` is for the log of the API; `retry_after` is in seconds."""
        super().__init__(why)
        self.retry_after = retry_after
        self.body = {"error": "temporarily_unavailable"}
        self.headers = {"Retry-After": str(retry_after), "Cache-Control": "no-store"}


class NotAllowed(Exception):
    """The Resource Server has no right to revoke; an administrator gives it on its page in the Instance Manager."""
