"""The WSGI application that gunicorn serves: machine addresses in front, Django's handler behind them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application

from accounts.headers.forwarded import scheme_of

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tokens_project.settings")


class Request(WSGIRequest):
    """A request by http or https as the trusted proxies say, whose Content-Type may be anything.

    A Content-Type that cannot be read counts as none. Django raises for some before any middleware, and the server's
    own 500 would be no page of ours (T35).
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        environ["wsgi.url_scheme"] = scheme_of(environ)
        try:
            super().__init__(environ)
        except ValueError:
            super().__init__({**environ, "CONTENT_TYPE": ""})


sites = get_wsgi_application()
sites.request_class = Request

# Django is set up by now, and not before.
from reference_tokens.endpoints.application import MachineAddresses  # noqa: E402 - see above
from reference_tokens.endpoints.routes import MANAGEMENT_PREFIX  # noqa: E402 - see above


def behind(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """What is no machine address: the management API, else the sites."""
    if not environ.get("PATH_INFO", "").startswith(MANAGEMENT_PREFIX):
        return sites(environ, start_response)
    # Its library takes some 20 MB: a process that nobody asks so does without.
    from reference_tokens.management_api.door import management_api  # noqa: PLC0415 - see above

    return management_api(environ, start_response)


application: WSGIApplication = MachineAddresses(behind)
if settings.ACCESS_LOG:
    from tokens_project.logs.access import logged

    application = logged(application)
if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
    from tokens_project.tracing import traced

    application = traced(application)
