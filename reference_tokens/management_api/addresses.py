"""The addresses of the management API, below `/api/v1/`."""

from __future__ import annotations

from django.urls import URLPattern, include, path

from reference_tokens.management_api.api import api
from reference_tokens.management_api.openapi import openapi

# The library's address above the calls is none of them.
CALLS = [one for one in api.urls[0] if not (isinstance(one, URLPattern) and one.name == "api-root")]
# Anybody may read it: it says nothing of this instance.
OPENAPI = "openapi"

urlpatterns = [
    path("api/v1/openapi.json", openapi, name=OPENAPI),
    path("api/v1/", include((CALLS, "management-api"))),
]
