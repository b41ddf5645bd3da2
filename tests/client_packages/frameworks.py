"""A small API in each framework that the Python package serves: `GET /orders` tells the user name of a good token."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import flask
import httpx2
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import RequestFactory
from reference_tokens_client import BehindProxy, Client
from reference_tokens_client.async_client import AsyncClient
from reference_tokens_client.django import ReferenceTokenMiddleware, token_of, token_required
from reference_tokens_client.flask import ReferenceTokens as FlaskTokens
from reference_tokens_client.flask import current_token
from reference_tokens_client.rest_framework import HasScopes, ReferenceTokenAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.client_packages.fastapi_app import fastapi_app

Headers = Sequence[tuple[str, str]]


class Told(NamedTuple):
    """What an API answered."""

    status: int
    headers: httpx2.Headers
    body: Any


class Account(NamedTuple):
    """What a framework is given, or None where a proxy in front has asked."""

    address: str
    client_id: str
    client_secret: str


def of_django(answer: HttpResponse) -> Told:
    return Told(answer.status_code, httpx2.Headers(dict(answer.items())), json.loads(answer.content))


def use_in_django(account: Account | None, **more: Any) -> None:
    """The settings; the fixture of the tests puts them back."""
    names = ("BASE_URL", "CLIENT_ID", "CLIENT_SECRET")
    options = dict(zip(names, account, strict=True)) if account else {"BEHIND_PROXY": True}
    settings.REFERENCE_TOKENS = options | more


def orders(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"username": token_of(request).username})


def django_middleware(account: Account | None, headers: Headers, *scopes: str) -> Told:
    use_in_django(account, PATHS=["/orders"], SCOPES=" ".join(scopes))
    request = RequestFactory().get("/orders", headers=dict(headers))
    return of_django(ReferenceTokenMiddleware(orders)(request))  # type: ignore[arg-type] # as every view, it answers


def django_decorator(account: Account | None, headers: Headers, *scopes: str) -> Told:
    use_in_django(account)
    return of_django(token_required(*scopes)(orders)(RequestFactory().get("/orders", headers=dict(headers))))


def django_asynchronous(account: Account | None, headers: Headers, *scopes: str) -> Told:
    use_in_django(account)

    @token_required(*scopes)
    async def view(request: HttpRequest) -> JsonResponse:
        return orders(request)

    return of_django(asyncio.run(view(RequestFactory().get("/orders", headers=dict(headers)))))


def rest_framework(account: Account | None, headers: Headers, *scopes: str) -> Told:
    use_in_django(account)

    class Orders(APIView):
        authentication_classes = (ReferenceTokenAuthentication,)
        permission_classes = (IsAuthenticated, HasScopes)
        renderer_classes = (JSONRenderer,)
        required_scopes = scopes

        def get(self, request: Any) -> Any:
            return Response({"username": request.user.username})

    return of_django(Orders.as_view()(RequestFactory().get("/orders", headers=dict(headers))).render())


def flask_decorator(account: Account | None, headers: Headers, *scopes: str) -> Told:
    app = flask.Flask("orders")
    tokens = FlaskTokens(Client(*account) if account else BehindProxy())

    @app.get("/orders")
    @tokens.required(*scopes)
    def orders() -> dict[str, str]:
        return {"username": current_token().username}

    answer = app.test_client().get("/orders", headers=list(headers))
    return Told(answer.status_code, httpx2.Headers(list(answer.headers)), answer.json)


def fastapi_dependency(account: Account | None, headers: Headers, *scopes: str) -> Told:
    async def answer() -> httpx2.Response:
        checker = AsyncClient(*account) if account else BehindProxy()
        transport = httpx2.ASGITransport(fastapi_app(checker, *scopes))
        async with httpx2.AsyncClient(transport=transport, base_url="http://api") as session:
            got = await session.get("/orders", headers=list(headers))
        if isinstance(checker, AsyncClient):
            await checker.aclose()
        return got

    got = asyncio.run(answer())
    return Told(got.status_code, got.headers, got.json())


FRAMEWORKS: dict[str, Callable[..., Told]] = {
    function.__name__: function
    for function in (
        django_middleware,
        django_decorator,
        django_asynchronous,
        rest_framework,
        flask_decorator,
        fastapi_dependency,
    )
}
