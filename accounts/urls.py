"""The addresses of signing in: of django-allauth's many only those that the product has (PEO-2)."""

from __future__ import annotations

from allauth.account import views as allauth_views
from django.urls import path
from django.views.decorators.http import require_http_methods

from accounts.pages import language, theme
from accounts.sign_in import confirmation, invitation_views, openid_views, password_reset_views, second_factor_views

# Without it these views take PUT for POST, and answer OPTIONS.
form_methods = require_http_methods(["GET", "HEAD", "POST"])
# The names are the ones that django-allauth itself looks up.
urlpatterns = [
    path("accounts/login/", form_methods(allauth_views.login), name="account_login"),
    path("accounts/logout/", form_methods(allauth_views.logout), name="account_logout"),
    path("accounts/login/passkey/", second_factor_views.passkey_sign_in, name="mfa_login_webauthn"),
    path("accounts/second-factor/", second_factor_views.second_factor, name="mfa_authenticate"),
    path("accounts/second-factor/required/", second_factor_views.second_factor_required, name="second_factor_required"),
    path("accounts/reauthenticate/", confirmation.confirm_by_password, name="account_reauthenticate"),
    path("accounts/reauthenticate/code/", confirmation.confirm_by_code, name="mfa_reauthenticate"),
    path("accounts/reauthenticate/passkey/", confirmation.confirm_by_passkey, name="mfa_reauthenticate_webauthn"),
    path("accounts/reauthenticate/factor/", confirmation.confirm_by_factor, name="confirm_by_factor"),
    path("accounts/openid/sign-in/", openid_views.openid_sign_in, name="openid_sign_in"),
    path("accounts/openid/confirm/", openid_views.openid_confirm, name="openid_confirm"),
    path("accounts/openid/callback/", openid_views.openid_callback, name="openid_callback"),
    path("accounts/password/reset/", password_reset_views.password_reset, name="password_reset"),
    path("accounts/password/reset/sent/", password_reset_views.password_reset_sent, name="password_reset_sent"),
    path("accounts/password/reset/new/", password_reset_views.password_reset_finish, name="password_reset_finish"),
    path(
        "accounts/password/reset/<str:reset_key>/", password_reset_views.password_reset_open, name="password_reset_open"
    ),
    path("accounts/invitation/", invitation_views.invitation_accept, name="invitation_accept"),
    path("accounts/invitation/<str:invitation_key>/", invitation_views.invitation_open, name="invitation_open"),
    path("theme/", theme.theme_choose, name="theme_choose"),
    path("language/", language.language_choose, name="language_choose"),
]
