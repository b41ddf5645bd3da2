"""What programs are answered without any credential, at every machine address and below it."""

from __future__ import annotations

# Without any credential, but with a form as the body; a browser's session makes no difference.
MACHINE = {
    "/oauth/introspect": "405 405 401 405 405 405",
    "/oauth/introspect/batch": "405 405 401 405 405 405",
    "/oauth/revoke": "405 405 401 405 405 405",
    "/.well-known/oauth-authorization-server": "200 200 405 405 405 405",
    "/.well-known/openid-configuration": "200 200 405 405 405 405",
    "/healthz": "200 200 405 405 405 405",
    "/readyz": "200 200 405 405 405 405",
    "/metrics": "404 404 405 405 405 405",
    "/api/token": "401 401 405 405 401 405",
    "/api/token/rotate": "405 405 401 405 405 405",
    "/api/openapi.json": "200 200 405 405 405 405",
    "/leaks/revoke": "405 405 400 405 405 405",
    "/leaks/github": "405 405 404 405 405 405",
    "/leaks/lookup": "405 405 404 405 405 405",
    "/auth/forward": "401 401 401 401 401 401",
    "/auth/resource/": "401 401 401 401 401 401",
}


# One more that programs ask stands in the sites, since a browser's session opens it too (contract 4.6).
IN_THE_SITES = {"/profile/me": "401 401 405 405 405 405"}


BELOW = {
    "/auth/forward/": "401 401 401 401 401 401",
    "/auth/forward/a/b?c": "401 401 401 401 401 401",
    "/auth/forwarded": "401 401 401 401 401 401",
    "/auth/resource/rs_1": "401 401 401 401 401 401",
    "/auth/resource/rs_1/a": "401 401 401 401 401 401",
    "/auth/": "404 404 404 404 404 404",
    "/auth/resource": "404 404 404 404 404 404",
    "/oauth/": "404 404 404 404 404 404",
    "/oauth/introspect/": "404 404 404 404 404 404",
    "/oauth/introspect/batch/": "404 404 404 404 404 404",
    "/oauth/revoke/": "404 404 404 404 404 404",
    "/oauth/token": "404 404 404 404 404 404",
    "/api/": "404 404 404 404 404 404",
    "/api/token/": "404 404 404 404 404 404",
    "/api/token/rotate/": "404 404 404 404 404 404",
    "/api/tokens": "404 404 404 404 404 404",
    "/leaks/": "404 404 404 404 404 404",
    "/leaks/revoke/": "404 404 404 404 404 404",
    "/leaks/lookup/": "404 404 404 404 404 404",
    "/.well-known/": "404 404 404 404 404 404",
    "/.well-known/openid-configuration/": "404 404 404 404 404 404",
    "/.well-known/jwks.json": "404 404 404 404 404 404",
}


# These answer in words where all is well (contract 4.8).
IN_WORDS = {"/healthz", "/readyz"}
