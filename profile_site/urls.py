"""The addresses of the Profile site."""

from __future__ import annotations

from django.urls import path

from profile_site import personal_info, tokens

app_name = "profile"
urlpatterns = [
    path("", personal_info.personal_info, name="personal_info"),
    path("security/tokens/", tokens.token_list, name="token_list"),
    path("security/tokens/new/", tokens.token_create, name="token_create"),
    path("security/tokens/<uuid:token_id>/revoke/", tokens.token_revoke, name="token_revoke"),
]
