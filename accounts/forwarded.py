"""What the proxies in front say of a request, in headers to which each of them adds."""

from __future__ import annotations

from typing import Any

from django.conf import settings

# What each holds where the client came by https. The first that says anything is believed: a proxy sends one of them.
OF_HTTPS = {
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_SSL": "on",
    "HTTP_X_FORWARDED_PROTOCOL": "ssl",
}


def written_by_trusted(environ: dict[str, Any], name: str) -> list[str]:
    """What the `TRUSTED_PROXY_COUNT` proxies wrote into a header that is a list, the outermost first.

    What stands before that anybody can have typed; where no proxy is trusted, that is all of it.
    """
    count = settings.TRUSTED_PROXY_COUNT
    entries = environ.get(name, "").split(",")[-count:] if count else []
    return [entry.strip(' \t"') for entry in entries]


def scheme_of(environ: dict[str, Any]) -> str:
    """`https` or `http`: how the client came to the outermost trusted proxy; where none says it, how it came here."""
    for name, secure in OF_HTTPS.items():
        said = next(filter(None, written_by_trusted(environ, name)), None)
        if said:
            return "https" if said.lower() == secure else "http"
    return str(environ["wsgi.url_scheme"])
