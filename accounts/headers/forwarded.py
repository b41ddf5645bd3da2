"""The headers that proxies write into a request; each of them adds its part."""

from __future__ import annotations

from typing import Any

from accounts.at_hand import settings_at_hand

# The value of each header where the client used https. The first one that is set counts: a proxy sends only one.
OF_HTTPS = {
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_SSL": "on",
    "HTTP_X_FORWARDED_PROTOCOL": "ssl",
}


def written_by_trusted(environ: dict[str, Any], name: str) -> list[str]:
    """The entries that the `TRUSTED_PROXY_COUNT` proxies wrote into a header that is a list, the outermost first.

    A client can forge the entries before these; without a trusted proxy it can forge them all.
    """
    count = settings_at_hand().TRUSTED_PROXY_COUNT
    entries = environ.get(name, "").split(",")[-count:] if count else []
    return [entry.strip(' \t"') for entry in entries]


def scheme_of(environ: dict[str, Any]) -> str:
    """`https` or `http`: the scheme at the outermost trusted proxy, or where no proxy says it, at this server."""
    for name, secure in OF_HTTPS.items():
        said = next(filter(None, written_by_trusted(environ, name)), None)
        if said:
            return "https" if said.lower() == secure else "http"
    return str(environ["wsgi.url_scheme"])
