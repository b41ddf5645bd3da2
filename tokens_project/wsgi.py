"""The WSGI application that gunicorn serves: machine addresses in front, Django's handler behind them."""

from __future__ import annotations

import os
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application

from accounts.headers.forwarded import scheme_of

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

from reference_tokens.endpoints.application import MachineAddresses  # noqa: E402 - Django is set up by now, and not before

application = MachineAddresses(sites)
