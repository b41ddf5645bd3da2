"""The views that django-rest-knox and djangorestframework-api-key guard."""

from __future__ import annotations

from knox.auth import TokenAuthentication
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_api_key.permissions import HasAPIKey


@api_view(["GET"])
@authentication_classes([TokenAuthentication])
@permission_classes([IsAuthenticated])
def knox(request: Request) -> Response:
    """Who the token is of."""
    return Response({"active": True, "username": request.user.username})


@api_view(["GET"])
@authentication_classes([])
@permission_classes([HasAPIKey])
def api_key(request: Request) -> Response:
    """Whether the key is good."""
    return Response({"active": True})
