"""The addresses of the management API, below `/api/v1/`."""

from __future__ import annotations

from django.urls import include, path

from reference_tokens.management_api.api import api
from reference_tokens.management_api.openapi import openapi

# Anybody may read it: it says nothing of this instance.
OPENAPI = "openapi"

urlpatterns = [
    path("api/v1/openapi.json", openapi, name=OPENAPI),
    path("api/v1/", include((api.urls[0], "management-api"))),
]
