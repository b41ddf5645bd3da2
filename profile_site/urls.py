"""The addresses of the Profile site."""

from __future__ import annotations

from django.urls import path

from profile_site import (
    choices,
    devices,
    email_change,
    factor_setup,
    many_tokens,
    me,
    password,
    personal_info,
    second_factors,
    single_sign_on,
    token_check,
    token_creation,
    tokens,
)

app_name = "profile"
urlpatterns = [
    path("", personal_info.personal_info, name="personal_info"),
    path("choices/application/", choices.application_choices, name="choices_application"),
    path("choices/own-application/", tokens.own_application_choices, name="choices_own"),
    path("choices/server/", token_check.server_choices, name="choices_server"),
    path("security/single-sign-on/", single_sign_on.identity_connect, name="identity_connect"),
    path("security/single-sign-on/disconnect/", single_sign_on.identity_disconnect, name="identity_disconnect"),
    path("security/second-factors/", second_factors.factor_list, name="factor_list"),
    path("security/second-factors/app/", factor_setup.app_add, name="app_add"),
    path("security/second-factors/passkeys/new/", factor_setup.passkey_add, name="passkey_add"),
    path("security/second-factors/<int:factor_id>/rename/", factor_setup.passkey_rename, name="passkey_rename"),
    path("security/second-factors/<int:factor_id>/remove/", second_factors.factor_remove, name="factor_remove"),
    path("security/second-factors/recovery-codes/", second_factors.codes_generate, name="codes_generate"),
    path("security/password/", password.password, name="password"),
    path("edit/", personal_info.personal_info_edit, name="personal_info_edit"),
    path("email/", email_change.email_change, name="email_change"),
    path("email/confirm/<str:key>/", email_change.email_confirm, name="email_confirm"),
    # Without a slash at the end: programs ask here too (contract 4.6).
    path("me", me.me, name="me"),
    path("devices/", devices.device_list, name="device_list"),
    path("devices/end-others/", devices.device_end_others, name="device_end_others"),
    path("devices/<int:device_id>/end/", devices.device_end, name="device_end"),
    path("security/check-token/", token_check.token_check, name="token_check"),
    path("security/tokens/", tokens.token_list, name="token_list"),
    path("security/tokens/counts/", tokens.own_counts, name="token_counts"),
    path("security/tokens/new/", token_creation.token_create, name="token_create"),
    path("security/tokens/shorten-many/", many_tokens.tokens_shorten, name="tokens_shorten"),
    path("security/tokens/revoke-many/", many_tokens.tokens_revoke, name="tokens_revoke"),
    path("security/tokens/filters/new/", tokens.filter_save, name="filter_save"),
    path("security/tokens/filters/<int:filter_id>/remove/", tokens.filter_remove, name="filter_remove"),
    path("security/tokens/<uuid:token_id>/", tokens.token_detail, name="token_detail"),
    path("security/tokens/<uuid:token_id>/rename/", tokens.token_rename, name="token_rename"),
    path("security/tokens/<uuid:token_id>/rotate/", tokens.token_rotate, name="token_rotate"),
    path("security/tokens/<uuid:replaced_id>/end/", tokens.token_end, name="token_end"),
    path("security/tokens/<uuid:token_id>/revoke/", tokens.token_revoke, name="token_revoke"),
]
