"""Django REST framework, with `reference_tokens_client.py` of docs/examples/ beside this file.

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["drf_authentication.ReferenceToken"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}
`request.auth` is the token (`"read" in request.auth.scopes`), `request.user` your user of the same name.
"""

import os

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from reference_tokens_client import Client, Token, Unavailable
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.request import Request

client = Client("https://tokens.example.com", "rs_0123456789abcdef0123", os.environ["REFERENCE_TOKENS_SECRET"])


class TryAgain(APIException):
    """Nothing is known about the token: this is not a 401."""

    status_code = 503
    default_detail = "Tokens cannot be checked now."
    wait = 5  # Retry-After, in seconds


class ReferenceToken(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, Token] | None:
        scheme, _space, presented = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            token = client.introspect(presented.strip())
        except Unavailable:
            raise TryAgain from None
        user = token and get_user_model().objects.filter(username=token.username, is_active=True).first()
        if user is None:
            raise AuthenticationFailed("The token is not good.")
        return user, token

    def authenticate_header(self, _request: Request) -> str:
        return 'Bearer realm="api"'
