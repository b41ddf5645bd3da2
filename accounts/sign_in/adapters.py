"""The binding of django-allauth to this product: who can sign in, and that nobody signs up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.core import context
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.allauth_internals import forget_pending_sign_in
from accounts.http import client_address, leads_here
from accounts.models import User
from accounts.openid_settings import is_configured, provider_name
from accounts.people.access import is_connected
from accounts.people.creation import person_called
from accounts.second_factors import passkeys
from accounts.second_factors.factors import APP, PASSKEY, factors_of
from accounts.sessions.devices import note_begun, renew_session
from accounts.sessions.record import record_refused_sign_in, record_sign_in, record_sign_out
from accounts.sign_in.first_step import forget_first_step, remember_first_step
from accounts.sign_in.known_browsers import key_of_browser, remember_browser
from accounts.sign_in.password_guesses import count_password_attempt

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest, HttpResponse

    from accounts.http import SignedInRequest


# The same, whichever it was (T50).
NOT_SIGNED_IN = gettext_lazy(
    "The user name, e-mail address or password is wrong. Check what you entered, then try again."
)


def ways_to_confirm(user: User) -> list[dict[str, Any]]:
    """The ways in which the person can confirm their identity; pages ask for the first."""
    types = set(factors_of(user).values_list("type", flat=True))
    ways = []
    if user.has_usable_password():
        ways.append({"id": "password", "description": _("Use your password"), "url": reverse("account_reauthenticate")})
    if PASSKEY in types and passkeys.are_possible():
        url = reverse("mfa_reauthenticate_webauthn")
        ways.append({"id": "passkey", "description": _("Use a passkey"), "url": url})
    if APP in types:
        url = reverse("mfa_reauthenticate")
        ways.append({"id": "app", "description": _("Use your authenticator app"), "url": url})
    if is_configured() and is_connected(user):
        description = _("Sign in at %(provider)s") % {"provider": provider_name()}
        ways.append({"id": "openid", "description": description, "url": reverse("openid_confirm")})
    return ways


class SignInBackend(AuthenticationBackend):  # type: ignore[misc] # allauth is not typed
    """Signs people in by user name or e-mail address; a System User never (PEO-1)."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:  # noqa: ARG002 - as allauth calls it
        """The person with this name or address and this password, if they may sign in.

        One query and one hash for anybody, known or not (ASVS v5.0.0-6.3.8).
        """
        password = credentials.get("password", "")
        user = person_called(credentials.get("username") or credentials.get("email") or "")
        if user is None:
            User().set_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: AbstractBaseUser) -> bool:
        """Whether the user may sign in, and stay signed in."""
        return bool(getattr(user, "is_person", False)) and bool(super().user_can_authenticate(user))


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth is not typed
    """Closes what this product does not have."""

    error_messages = {  # noqa: RUF012 - as allauth declares it
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": NOT_SIGNED_IN,
        "email_password_mismatch": NOT_SIGNED_IN,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - as allauth calls it
        """People are brought in by an administrator (PEO-2)."""
        return False

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Stop people who may not sign in, whichever way they took (PEO-1).

        django-allauth would send them to a page for inactive people, which this product does not have.
        """
        if not SignInBackend().user_can_authenticate(user):
            forget_pending_sign_in(request)
            return HttpResponseRedirect(reverse("account_login"))
        remember_first_step(request, user)
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Do nothing: `authenticate` counts attempts, and counts them with the address."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The person with this name and password, if they may sign in; raises `TooManyAttempts` and `Busy`."""
        login = credentials.get("username") or credentials.get("email", "")
        person = person_called(login)
        account = str(person.pk) if person else login.lower()
        attempt = count_password_attempt(request, account, browser=key_of_browser(request, person), person=person)
        with attempt.unless_busy():
            user: User | None = super().authenticate(request, **credentials)
        if user:
            attempt.give_back()
        else:
            record_refused_sign_in(request, person, "password")
        return user

    def reauthenticate(self, user: User, password: str) -> bool:
        """Whether this is the password of the person; raises `TooManyAttempts` and `Busy`."""
        request = context.request
        # This browser is signed in, so it is one of the account, whatever else it keeps.
        attempt = count_password_attempt(request, str(user.pk), browser=request.session.session_key, person=user)
        with attempt.unless_busy():
            is_right = user.check_password(password)
        if is_right:
            attempt.give_back()
            remember_browser(request, user)
        else:
            record_refused_sign_in(request, user, "password")
        return is_right

    def login(self, request: HttpRequest, user: User) -> None:
        """Begin a session; every way to sign in comes through here."""
        super().login(request, user)
        note_begun(cast("SignedInRequest", request), now=timezone.now())
        forget_first_step(request)
        record_sign_in(request, user)
        remember_browser(request, user)

    def logout(self, request: HttpRequest) -> None:
        """End this session."""
        user = request.user
        super().logout(request)
        if isinstance(user, User):
            record_sign_out(request, user)

    def is_safe_url(self, url: str) -> bool:
        """Whether `next` may lead there: to the host of the request, and in production by https (T48)."""
        return leads_here(context.request, url)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The client's address as everywhere here; empty without one, as behind a Unix socket."""
        return client_address(request) or ""

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """The ways in which the person can confirm their identity."""
        return ways_to_confirm(user) if isinstance(user, User) else []

    def add_message(self, *args: object, **kwargs: object) -> None:
        """Say nothing: the page that follows shows that somebody signed in or out."""


def renew_confirmed_session(*, request: HttpRequest, user: User, **told: Any) -> None:
    """Give a session another id after its person confirmed their identity (T45, ASVS v5.0.0-7.2.4)."""
    if told.get("reauthenticated"):
        # As they are now: their password may have been hashed anew on the way.
        renew_session(request, User.objects.get(pk=user.pk))
