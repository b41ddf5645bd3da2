"""How django-allauth is bound to this product: who can sign in, and that nobody signs up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.utils.translation import gettext as _

from accounts.identities import is_connected
from accounts.models import User
from accounts.openid import is_configured, provider_name

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest


class SignInBackend(AuthenticationBackend):  # type: ignore[misc] # allauth is not typed
    """Signs people in by user name or e-mail address; a System User never (PEO-1)."""

    def user_can_authenticate(self, user: AbstractBaseUser) -> bool:
        """Whether the user may sign in, and stay signed in."""
        return bool(getattr(user, "is_person", False)) and bool(super().user_can_authenticate(user))


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth is not typed
    """Closes what this product does not have."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """People are brought in by an administrator (PEO-2)."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Whoever has this name and password, if they may sign in.

        django-allauth hands over one who may not as well, to send them to a page that says so: this product has no
        such page, and tells nobody whose password is right (ASVS v5.0.0-6.3.8).
        """
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        return user if user and SignInBackend().user_can_authenticate(user) else None

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """How the person can show again who they are: at the provider of the settings too, where they are connected."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if isinstance(user, User) and is_configured() and is_connected(user):
            description = _("Sign in at %(provider)s") % {"provider": provider_name()}
            methods.append({"id": "openid", "description": description, "url": "/accounts/openid/confirm/"})
        return methods

    def add_message(self, *args: object, **kwargs: object) -> None:
        """Say nothing: the page that follows shows that somebody signed in or out."""
