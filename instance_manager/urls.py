"""The addresses of the Instance Manager."""

from __future__ import annotations

from django.urls import path

from instance_manager import application_list, applications, home, tokens

app_name = "manage"
urlpatterns = [
    path("", home.home, name="home"),
    path("security/trusted-apps/", application_list.application_list, name="application_list"),
    path("security/trusted-apps/new/", applications.application_create, name="application_create"),
    path("security/trusted-apps/<uuid:application_id>/", applications.application_detail, name="application_detail"),
    path("security/trusted-apps/<uuid:application_id>/edit/", applications.application_edit, name="application_edit"),
    path("security/trusted-apps/<uuid:application_id>/tokens/new/", tokens.token_create, name="token_create"),
    path("security/tokens/<uuid:token_id>/revoke/", tokens.token_revoke, name="token_revoke"),
]
