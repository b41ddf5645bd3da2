"""The client of the OpenID Connect provider of the settings: django-allauth's, made strict."""

from __future__ import annotations

import hmac
import re
import time
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jwt
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.urls import reverse
from requests import RequestException, Session

from accounts.arriving_answers import body_of
from accounts.openid_settings import is_configured, provider_name

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialLogin
    from django.http import HttpRequest
    from requests import PreparedRequest, Response

# Signatures with a key that only the provider has: never with the shared secret, and never none.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
CLOCK_SKEW_SECONDS = 60
LONGEST_SUBJECT = 191
LONGEST_ANSWER = 1_048_576
SURROGATE = re.compile("[\ud800-\udfff]")
NEEDED_ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class NotBelieved(OAuth2Error):  # type: ignore[misc] # allauth is not typed
    """An answer of the provider is not valid; the message says why, for the log."""


# Everything that can go wrong between here and the provider. The last two: an answer that comes too slowly, a
# text that is none in UTF-8, a number of thousands of digits or an address that is none; and JSON that is nested too
# deeply.
FAILURES = (OAuth2Error, RequestException, jwt.PyJWTError, ValueError, RecursionError)


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as the provider describes them. Only issuer and subject together identify the person."""

    issuer: str
    subject: str
    username: str
    name: str
    # Empty unless the provider says that it has verified the address.
    email: str
    # The last sign-in at the provider, in seconds since 1970; None where it does not say.
    authenticated_at: int | None


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc] # allauth is not typed
    """Knows one provider, the one of the settings: a row of the database cannot bring another."""

    def list_apps(
        self,
        request: HttpRequest,  # noqa: ARG002 - as allauth calls it
        provider: str | None = None,
        client_id: str | None = None,
    ) -> list[Any]:
        """The provider of the settings, if there is one, whatever the arguments look for."""
        if not is_configured() or provider not in {None, "openid_connect", settings.OIDC_ISSUER}:
            return []
        app = SocialApp(
            provider="openid_connect",
            # Identities are stored under it: after a change of issuer an equal subject is another person.
            provider_id=settings.OIDC_ISSUER,
            name=provider_name(),
            client_id=settings.OIDC_CLIENT_ID,
            secret=settings.OIDC_CLIENT_SECRET,
            settings={"server_url": settings.OIDC_ISSUER.rstrip("/"), "oauth_pkce_enabled": True},
        )
        return [app] if client_id in {None, app.client_id} else []

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:  # noqa: ARG002 - as allauth calls it
        """People are brought in by `accounts.single_sign_on.identities` alone."""
        return False

    def get_requests_session(self) -> Session:
        """A session with bounds."""
        return BoundedSession()


class BoundedSession(Session):
    """Follows no redirect, which would carry the client's secret to another place, and reads no answer without end.

    A provider that sends an answer byte by byte would hold its place for hours.
    """

    def get_redirect_target(self, _answer: Response) -> str | None:
        """None, wherever the answer leads."""
        return None

    def send(self, request: PreparedRequest, **options: Any) -> Response:
        """The answer, all of which is here."""
        seconds = settings.SOCIALACCOUNT_REQUESTS_TIMEOUT
        answer = super().send(request, **(options | {"stream": True, "timeout": seconds}))
        answer.raw = BytesIO(body_of(answer, most=LONGEST_ANSWER, seconds=seconds))
        return answer


class Provider(OpenIDConnectProvider):  # type: ignore[misc] # allauth is not typed
    """The provider, which uses the client below."""

    def get_oauth2_adapter(self, request: HttpRequest) -> ProviderClient:
        """The client for this request."""
        return ProviderClient(request)


class ProviderClient(OpenIDConnectOAuth2Adapter):  # type: ignore[misc] # allauth is not typed
    """Speaks to the provider during one request."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, settings.OIDC_ISSUER)

    def get_provider(self) -> Provider:
        """The provider of the settings."""
        return Provider(self.request, app=get_adapter().get_app(self.request, self.provider_id))

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:  # noqa: ARG002 - as allauth calls it
        """The address that the provider sends people back to, at the configured origin (T49)."""
        return str(settings.BASE_URL + reverse("openid_callback"))

    @property
    def openid_config(self) -> dict[str, Any]:
        """The provider's description of itself (OpenID Connect Discovery §4.3); raises one of `FAILURES`."""
        if not hasattr(self, "_openid_config"):
            document = self.fetched(self.get_provider().server_url)
            if document.get("issuer") != settings.OIDC_ISSUER:
                raise NotBelieved("its description names another issuer than OIDC_ISSUER")
            for name in NEEDED_ADDRESSES:
                self.require_address(name, document.get(name))
            self._openid_config = document
        return self._openid_config

    @property
    def basic_auth(self) -> bool:
        """Whether the secret goes into a header: only where the provider does not take it in the form."""
        # Without the entry it is client_secret_basic alone (OpenID Connect Discovery §3).
        supported = self.openid_config.get("token_endpoint_auth_methods_supported")
        return not (isinstance(supported, list) and "client_secret_post" in supported)

    def identity(self, code: str, *, verifier: str, nonce: str) -> Identity:
        """The person who comes back from the provider with this code; raises one of `FAILURES`."""
        answer = self.token_answer(code, verifier)
        claims = self.verified_claims(str(answer.get("id_token", "")), nonce)
        about = self.userinfo(str(answer["access_token"]), claims["sub"])
        # The address and its verification must come from the same source.
        told = claims if "email" in claims else about
        email = text_claim(told, "email") if told.get("email_verified") is True else ""
        claim = settings.OIDC_USERNAME_CLAIM
        return Identity(
            issuer=claims["iss"],
            subject=claims["sub"],
            username=email if claim == "email" else text_claim(about | claims, claim),
            name=text_claim(about | claims, "name"),
            email=email,
            authenticated_at=claims.get("auth_time"),
        )

    def token_answer(self, code: str, verifier: str) -> dict[str, Any]:
        """The provider's tokens for the code."""
        client = self.get_client(self.request, self.get_provider().app)
        try:
            answer: dict[str, Any] = client.get_access_token(code, pkce_code_verifier=verifier)
        except KeyError as error:
            raise NotBelieved("its answer says not what it is made of") from error
        return answer

    def verified_claims(self, id_token: str, nonce: str) -> dict[str, Any]:
        """The claims of the ID token, checked as OpenID Connect Core §3.1.3.7 says, signature included.

        A token that came over TLS could do without the check of its signature. An http issuer on this machine, and a
        provider behind a proxy that ends TLS, need it.
        """
        claims: dict[str, Any] = jwt.decode(
            id_token,
            self.signing_key(id_token).key,
            algorithms=ALGORITHMS,
            issuer=settings.OIDC_ISSUER,
            audience=settings.OIDC_CLIENT_ID,
            leeway=CLOCK_SKEW_SECONDS,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise NotBelieved("its ID token was made for another sign-in")
        # A token for several clients must say that it was made for this one first.
        if claims.get("azp", claims["aud"]) not in (settings.OIDC_CLIENT_ID, [settings.OIDC_CLIENT_ID]):
            raise NotBelieved("its ID token was made for another client")
        if not 0 < len(claims["sub"]) <= LONGEST_SUBJECT:
            raise NotBelieved(f"its subject is empty, or longer than {LONGEST_SUBJECT} characters")
        if not claims["sub"].isprintable():
            raise NotBelieved("its subject holds what is no character")
        # `isinstance` would take a truth value for a number.
        if type(claims.get("auth_time", 0)) is not int or claims.get("auth_time", 0) > time.time() + CLOCK_SKEW_SECONDS:
            raise NotBelieved("its auth_time is no time in the past")
        return claims

    def signing_key(self, id_token: str) -> jwt.PyJWK:
        """The key of the provider that the token names; there must be exactly one."""
        key_id = jwt.get_unverified_header(id_token).get("kid")
        keys = jwt.PyJWKSet.from_dict(self.fetched(self.openid_config["jwks_uri"])).keys
        fitting = [one for one in keys if one.public_key_use in {None, "sig"} and key_id in {None, one.key_id}]
        if len(fitting) != 1:
            raise NotBelieved("its ID token is signed with a key that it does not show")
        return fitting[0]

    def userinfo(self, access_token: str, subject: str) -> dict[str, Any]:
        """The provider's other claims about the person; none without a userinfo address."""
        address = self.openid_config.get("userinfo_endpoint")
        if not address:
            return {}
        self.require_address("userinfo_endpoint", address)
        about = self.fetched(address, Authorization=f"Bearer {access_token}")
        # Otherwise an answer about somebody else would pass for theirs (OpenID Connect Core §5.3.2).
        if about.get("sub") != subject:
            raise NotBelieved("its userinfo is about somebody else")
        return about

    def fetched(self, address: str, **headers: str) -> dict[str, Any]:
        """The JSON object at an address of the provider."""
        with get_adapter().get_requests_session() as session:
            answer = session.get(address, headers=headers)
            answer.raise_for_status()
            document = answer.json()
        if not isinstance(document, dict):
            raise NotBelieved("it answers with something else than a JSON object")
        return document

    def require_address(self, name: str, address: object) -> None:
        """Raise `NotBelieved` for an address that is less protected than the issuer's own."""
        if not isinstance(address, str) or urlsplit(address).scheme != urlsplit(settings.OIDC_ISSUER).scheme:
            raise NotBelieved(f"its description gives no {name} that can be used")


def text_claim(claims: dict[str, Any], name: str) -> str:
    """A claim that is a text; else an empty one. Half a character, as JSON can hold it, is none in UTF-8."""
    value = claims.get(name)
    return value.strip() if isinstance(value, str) and not SURROGATE.search(value) else ""
