"""The endpoint of RFC 7662."""

from __future__ import annotations

from typing import Any

from authlib.integrations.django_oauth2 import AuthorizationServer
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from django.http import HttpRequest
from django.views.decorators.csrf import csrf_exempt

from tests.bench.peers.oauth.models import OAuth2Client, OAuth2Token


class Introspection(IntrospectionEndpoint):
    CLIENT_AUTH_METHODS = ("client_secret_basic",)

    def query_token(self, token: str, token_type_hint: str | None) -> OAuth2Token | None:
        found: OAuth2Token | None = OAuth2Token.objects.filter(access_token=token).select_related("user").first()
        return found

    def introspect_token(self, token: OAuth2Token) -> dict[str, Any]:
        return {
            "active": not token.is_expired() and not token.is_revoked(),
            "client_id": token.client_id,
            "token_type": token.token_type,
            "username": token.user.username,
            "scope": token.get_scope(),
            "sub": str(token.user_id),
            "exp": token.issued_at + token.expires_in,
            "iat": token.issued_at,
        }

    def check_permission(self, token: OAuth2Token, client: OAuth2Client, request: Any) -> bool:
        return True


server = AuthorizationServer(OAuth2Client, OAuth2Token)
server.register_endpoint(Introspection)


@csrf_exempt
def introspect(request: HttpRequest) -> Any:
    return server.create_endpoint_response(Introspection.ENDPOINT_NAME, request)
