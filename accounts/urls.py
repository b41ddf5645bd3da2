"""The addresses of signing in: only those the product has, of all that django-allauth offers (PEO-2)."""

from __future__ import annotations

from allauth.account import views as allauth_views
from django.urls import path

from accounts import views

# The names are the ones that django-allauth itself looks up.
urlpatterns = [
    path("accounts/login/", allauth_views.login, name="account_login"),
    path("accounts/logout/", allauth_views.logout, name="account_logout"),
    path("accounts/reauthenticate/", allauth_views.reauthenticate, name="account_reauthenticate"),
    path("theme/", views.theme_choose, name="theme_choose"),
]
