"""How Django's test client reaches the product: as a server does, through the WSGI application."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test.client import ClientHandler, conditional_content_removal

from accounts.headers import request_ids
from reference_tokens.endpoints import application
from reference_tokens.endpoints.routes import MANAGEMENT_PREFIX
from reference_tokens.management_api.door import management_api
from tokens_project.static_files import StaticFilesMiddleware

ask_the_sites = ClientHandler.__call__
refresh_connection = application.refresh_connection
read_files: Any = StaticFilesMiddleware.__init__
COLLECTED = settings.STATIC_ROOT
# What a middleware has read of the collected files.
known: dict[str, Any] = {}


def install() -> None:
    """Let every client of the tests ask so; none of them closes the connection that its test stands in."""
    ClientHandler.__call__ = ask  # type: ignore[assignment, method-assign]
    application.refresh_connection = lambda: None
    StaticFilesMiddleware.__init__ = share_files  # type: ignore[assignment, method-assign] # whitenoise has no types


def share_files(middleware: Any, get_response: Any) -> None:
    """Know the collected files as the first client does that has read them all: for each it took most of its time."""
    if settings.STATIC_ROOT != COLLECTED:
        read_files(middleware, get_response)
        return
    if not known:
        read_files(middleware, get_response)
        known.update(vars(middleware))
    vars(middleware).update(known | {"get_response": get_response})


def ask(handler: ClientHandler, environ: dict[str, Any]) -> Any:
    """The answer of a machine address in the form that the client knows; else what Django's own client gets."""
    said: list[tuple[str, list[tuple[str, str]]]] = []
    pages: list[Any] = []

    def sites(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(MANAGEMENT_PREFIX):
            return management_api(environ, start_response)
        pages.append(ask_the_sites(handler, environ))
        return ()

    serve: Any = application.MachineAddresses(sites)
    try:
        body = b"".join(serve(environ, lambda status, headers: said.append((status, headers))))
    finally:
        # What a test does next by itself is of no request.
        request_ids.current.environ = None
    return pages[0] if pages else response_of(*said[0], body, environ["REQUEST_METHOD"])


def response_of(status: str, headers: list[tuple[str, str]], body: bytes, method: str) -> Any:
    """What a server would send, with what Django's client looks back at."""
    response: Any = HttpResponse(body, status=int(status.split(maxsplit=1)[0]))
    del response.headers["Content-Type"]
    for name, value in headers:
        assert name not in response.headers
        response.headers[name] = value
    response.wsgi_request = HttpRequest()
    response.wsgi_request.method = method
    return conditional_content_removal(response.wsgi_request, response)
