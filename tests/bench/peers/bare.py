"""A bare Django view: no database, no middleware, no app. With a length, without which a server must send chunks."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import path


def bare(request: HttpRequest) -> JsonResponse:
    """What Django itself costs."""
    response = JsonResponse({"active": True})
    response["Content-Length"] = len(response.content)
    return response


urlpatterns = [path("bare", bare)]
