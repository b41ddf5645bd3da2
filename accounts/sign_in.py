"""How django-allauth is bound to this product: who can sign in, and that nobody signs up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.stagekit import clear_login
from django.conf import settings
from django.http import HttpResponseRedirect
from django.utils.translation import gettext as _

from accounts import passkeys
from accounts.identities import is_connected
from accounts.models import User
from accounts.openid import is_configured, provider_name
from accounts.second_factors import APP, PASSKEY, factors_of

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest, HttpResponse


def ways_to_confirm(user: User) -> list[dict[str, Any]]:
    """How the person can show again who they are; the first is asked for."""
    types = set(factors_of(user).values_list("type", flat=True))
    ways = []
    if user.has_usable_password():
        ways.append({"id": "password", "description": _("Use your password"), "url": "/accounts/reauthenticate/"})
    if PASSKEY in types and passkeys.are_possible():
        url = "/accounts/reauthenticate/passkey/"
        ways.append({"id": "passkey", "description": _("Use a passkey"), "url": url})
    if APP in types:
        url = "/accounts/reauthenticate/code/"
        ways.append({"id": "app", "description": _("Use your authenticator app"), "url": url})
    if is_configured() and is_connected(user):
        description = _("Sign in at %(provider)s") % {"provider": provider_name()}
        ways.append({"id": "openid", "description": description, "url": "/accounts/openid/confirm/"})
    return ways


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

    def pre_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponse | None:
        """Stop whoever may not sign in, whichever door they came to (PEO-1).

        django-allauth would send them to a page for inactive people, which this product does not have.
        """
        if not SignInBackend().user_can_authenticate(user):
            clear_login(request)
            return HttpResponseRedirect(settings.LOGIN_URL)
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """How the person can show again who they are: by what they have, and at the provider of the settings."""
        return ways_to_confirm(user) if isinstance(user, User) else []

    def add_message(self, *args: object, **kwargs: object) -> None:
        """Say nothing: the page that follows shows that somebody signed in or out."""
