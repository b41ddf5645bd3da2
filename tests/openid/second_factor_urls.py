"""The addresses of the product, and the one where allauth asks for the second factor."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from tokens_project.urls import urlpatterns as addresses


def asks(_request: HttpRequest) -> HttpResponse:
    """The question alone."""
    return HttpResponse("second factor")


urlpatterns = [*addresses, path("accounts/second-factor/", asks, name="mfa_authenticate")]
