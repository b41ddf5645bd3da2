"""The addresses of the Profile site."""

from __future__ import annotations

from django.urls import path

from profile_site import personal_info, single_sign_on, tokens

app_name = "profile"
urlpatterns = [
    path("", personal_info.personal_info, name="personal_info"),
    path("security/single-sign-on/", single_sign_on.identity_connect, name="identity_connect"),
    path("security/single-sign-on/disconnect/", single_sign_on.identity_disconnect, name="identity_disconnect"),
    path("security/tokens/", tokens.token_list, name="token_list"),
    path("security/tokens/new/", tokens.token_create, name="token_create"),
    path("security/tokens/<uuid:token_id>/revoke/", tokens.token_revoke, name="token_revoke"),
]
