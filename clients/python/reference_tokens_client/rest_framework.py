"""For Django REST framework, with the settings of `reference_tokens_client.django`.

    REST_FRAMEWORK = {
        "DEFAULT_AUTHENTICATION_CLASSES": ["reference_tokens_client.rest_framework.ReferenceTokenAuthentication"],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    }

`request.auth` is the token, `request.user` your active user of the same name. A view with the permission class
`HasScopes` names what it needs in `required_scopes`.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from reference_tokens_client import Refused, Token, Unavailable
from reference_tokens_client.django import checker
from reference_tokens_client.refusals import CHALLENGE
from reference_tokens_client.tokens import allowed


class NotLetIn(APIException):
    """A refusal, in the framework's own form."""

    def __init__(self, refusal: Refused | Unavailable) -> None:
        super().__init__(str(refusal.body["error"]))
        self.status_code = refusal.status
        # The framework makes headers of these two.
        if isinstance(refusal, Unavailable):
            self.wait = refusal.retry_after
        else:
            self.auth_header = refusal.headers["WWW-Authenticate"]


class ReferenceTokenAuthentication(BaseAuthentication):
    """One good token; a request without any is left to other classes."""

    def authenticate(self, request: Request) -> tuple[Any, Token] | None:
        """The user and the token; raises `NotLetIn`."""
        try:
            token = checker().check(request.headers.items())
        except (Refused, Unavailable) as refusal:
            if isinstance(refusal, Refused) and refusal.error is None:
                return None
            raise NotLetIn(refusal) from None
        user = self.user_of(token)
        if user is None:
            raise NotLetIn(Refused(401, "invalid_token"))
        return user, token

    def user_of(self, token: Token) -> Any:
        """Whom the token speaks for, as `request.user`; None refuses. Override it where your users have other names."""
        users = get_user_model()
        return users.objects.filter(**{users.USERNAME_FIELD: token.username}, is_active=True).first()

    def authenticate_header(self, _request: Request) -> str:
        """Without it the framework would say 403 where no token was sent."""
        return CHALLENGE


class HasScopes(BasePermission):
    """Every scope of the view's `required_scopes`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the request has a token with them; raises `NotLetIn`, which names what is missing."""
        if not isinstance(request.auth, Token):
            return False
        try:
            allowed(request.auth, view.required_scopes)
        except Refused as refusal:
            raise NotLetIn(refusal) from None
        return True
