"""The addresses of the help."""

from __future__ import annotations

from django.urls import path

from reference_tokens.pages.help import views

urlpatterns = [
    path("help/", views.contents, name="help"),
    path("help/<slug:slug>/", views.page, name="help_page"),
]
