"""What the service says of itself (RFC 8414), so that a client configures itself from the issuer alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import django.db
from django.conf import settings

from reference_tokens.endpoints.answers import NO_STORE, encoded, json_answer
from reference_tokens.endpoints.http import machine_endpoint
from trusted_apps.models import Scope

if TYPE_CHECKING:
    from reference_tokens.endpoints.answers import Answer
    from reference_tokens.endpoints.requests import Request

AUTHENTICATION_METHODS = ["client_secret_basic", "client_secret_post"]
CACHEABLE = "public, max-age=300"


@machine_endpoint("GET", "HEAD")
def authorization_server_metadata(_request: Request) -> Answer:
    """The document of RFC 8414 §2, at both of its addresses. Every address in it is below BASE_URL, never `Host`.

    A client must find the service while the database is away: then the names of the scopes, which §2 lets be left out,
    are missing, and the document may not be kept.
    """
    base, scopes = settings.BASE_URL, scopes_supported()
    document = {
        "issuer": base,
        "introspection_endpoint": f"{base}/oauth/introspect",
        "introspection_endpoint_auth_methods_supported": AUTHENTICATION_METHODS,
        "revocation_endpoint": f"{base}/oauth/revoke",
        "revocation_endpoint_auth_methods_supported": AUTHENTICATION_METHODS,
        **scopes,
        "response_types_supported": [],
        "grant_types_supported": [],
        "service_documentation": f"{base}/api/openapi.json",
    }
    return json_answer(encoded(document), cache_control=CACHEABLE if scopes else NO_STORE)


def scopes_supported() -> dict[str, list[str]]:
    """The member with the names of the scopes; nothing where the database cannot say."""
    try:
        return {"scopes_supported": list(Scope.objects.values_list("name", flat=True))}
    except django.db.Error:
        return {}
