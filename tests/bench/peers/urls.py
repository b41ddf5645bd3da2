"""Each peer at its own address."""

from __future__ import annotations

from django.urls import path
from oauth2_provider.views import IntrospectTokenView

from tests.bench.peers import views
from tests.bench.peers.oauth.introspection import introspect

urlpatterns = [
    path("toolkit", IntrospectTokenView.as_view()),
    path("knox", views.knox),
    path("api-key", views.api_key),
    path("authlib", introspect),
]
