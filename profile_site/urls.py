"""The addresses of the Profile site."""

from __future__ import annotations

from django.urls import path

from profile_site import views

app_name = "profile"
urlpatterns = [
    path("", views.personal_info, name="personal_info"),
    path("security/tokens/", views.token_list, name="token_list"),
    path("security/tokens/new/", views.token_create, name="token_create"),
    path("security/tokens/<uuid:token_id>/revoke/", views.token_revoke, name="token_revoke"),
]
