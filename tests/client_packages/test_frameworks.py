"""Every framework refuses as the service itself does at forward auth (contract 4.4), and takes no trouble for a no."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, JsonResponse
from django.test import RequestFactory
from reference_tokens_client import BehindProxy
from reference_tokens_client.async_client import AsyncClient
from reference_tokens_client.django import ReferenceTokenMiddleware, checker, token_required
from reference_tokens_client.rest_framework import HasScopes, ReferenceTokenAuthentication
from rest_framework.views import APIView

from accounts.models import User
from tests import postgresql
from tests.client_packages.fastapi_app import fastapi_app
from tests.client_packages.frameworks import FRAMEWORKS, Account, Told, orders, use_in_django
from tests.client_packages.requests import let_in, refused_at_the_door
from tests.clients.snippets import revoke
from tests.service import Answer, Service

pytestmark = pytest.mark.once

Framework = Callable[..., Told]


@pytest.fixture(params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest, alice: User, settings: Any) -> Framework:
    settings.REFERENCE_TOKENS = {}
    return FRAMEWORKS[request.param]


@pytest.fixture
def account(service: Service) -> Account:
    return Account(service.address, service.secrets["client_id"], service.secrets["client_secret"])


@pytest.fixture
def forward_auth(service: Service) -> Callable[[list[tuple[str, str]]], Answer]:
    """What a proxy hears from the service about a request with these headers."""
    return lambda headers: service.ask("GET", f"/auth/resource/{service.secrets['client_id']}", **dict(headers))


def bearer(token: str) -> list[tuple[str, str]]:
    return [("Authorization", f"Bearer {token}")]


def test_framework_refuses_what_forward_auth_refuses(
    framework: Framework, forward_auth: Any, account: Account, token: str
) -> None:
    for what, headers in refused_at_the_door(token).items():
        own, told = forward_auth(headers), framework(account, headers, "read")
        assert (told.status, own.status) == (401, 401), what
        assert told.headers["WWW-Authenticate"] == own.headers["WWW-Authenticate"], what


def test_framework_lets_in_whom_forward_auth_lets_in(
    framework: Framework, forward_auth: Any, account: Account, token: str
) -> None:
    for what, headers in let_in(token).items():
        assert forward_auth(headers).status == 200, what
        assert framework(account, headers, "read", "update")[::2] == (200, {"username": "alice"}), what


def test_framework_names_the_scopes_that_are_missing(framework: Framework, service: Service, account: Account) -> None:
    reading = service.token("--user", "alice", "--scopes", "read")
    refused = framework(account, bearer(reading), "read", "update")
    challenge = 'Bearer realm="api", error="insufficient_scope", scope="read update"'
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (403, challenge)
    assert framework(account, bearer(reading)).status == 200


def test_framework_refuses_a_token_as_soon_as_it_is_revoked(
    framework: Framework, service: Service, account: Account
) -> None:
    token = service.token("--user", "alice")
    assert framework(account, bearer(token)).status == 200
    revoke(service, token)
    refused = framework(account, bearer(token))
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api", error="invalid_token"')


def test_val4_framework_says_try_again_where_nothing_can_be_known(
    framework: Framework, account: Account, token: str, log_lines: list[str]
) -> None:
    silent = account._replace(address=f"http://127.0.0.1:{postgresql.free_port()}")
    refused = framework(silent, bearer(token))
    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    assert "WWW-Authenticate" not in refused.headers
    assert any("A token could not be checked: no answer" in line for line in log_lines)


def test_framework_believes_the_proxy_in_front_where_it_is_told_so(
    framework: Framework, forward_auth: Any, token: str
) -> None:
    set_by_the_proxy = [item for item in forward_auth(bearer(token)).headers.items() if item[0].startswith("X-Auth-")]
    assert framework(None, set_by_the_proxy, "read")[::2] == (200, {"username": "alice"})
    assert framework(None, set_by_the_proxy, "write").status == 403
    past_the_proxy = framework(None, bearer(token))
    assert (past_the_proxy.status, past_the_proxy.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api"')


# Django


@pytest.fixture
def in_django(account: Account, settings: Any) -> None:
    settings.REFERENCE_TOKENS = {}
    use_in_django(account, PATHS=["/api/"], SCOPES="read")


def test_middleware_guards_what_lies_below_its_paths_and_nothing_else(in_django: None, token: str) -> None:
    middleware = ReferenceTokenMiddleware(lambda _request: JsonResponse({}))
    assert middleware(RequestFactory().get("/about")).status_code == 200
    for method in ("GET", "OPTIONS", "DELETE"):
        assert middleware(RequestFactory().generic(method, "/api/orders")).status_code == 401


def test_middleware_without_paths_guards_everything(account: Account, settings: Any) -> None:
    settings.REFERENCE_TOKENS = {}
    use_in_django(account)
    assert ReferenceTokenMiddleware(orders)(RequestFactory().get("/")).status_code == 401


def test_view_below_the_middleware_may_need_more_and_asks_no_second_time(
    in_django: None, service: Service, token: str
) -> None:
    def answers_after_the_token_is_gone(request: HttpRequest) -> Any:
        revoke(service, gone)
        return token_required("read")(orders)(request)

    gone = service.token("--user", "alice", "--scopes", "read")
    request = RequestFactory().get("/api/orders", headers=dict(bearer(gone)))
    assert ReferenceTokenMiddleware(answers_after_the_token_is_gone)(request).status_code == 200
    needs_more = ReferenceTokenMiddleware(token_required("delete")(orders))
    assert needs_more(RequestFactory().get("/api/orders", headers=dict(bearer(token)))).status_code == 403


def test_guarded_view_needs_no_csrf_token(in_django: None) -> None:
    assert token_required()(orders).csrf_exempt  # type: ignore[attr-defined] # Django's own mark


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "BASE_URL"),
        ({"BASE_URL": "tokens.example.com", "CLIENT_ID": "rs_x", "CLIENT_SECRET": "enrs_y"}, "https"),
        ({"BASEURL": "https://tokens.example.com"}, "has no BASEURL"),
    ],
)
def test_django_says_at_the_start_what_is_wrong_with_its_settings(
    settings: Any, options: dict[str, str], message: str
) -> None:
    settings.REFERENCE_TOKENS = options
    with pytest.raises(ImproperlyConfigured, match=message):
        ReferenceTokenMiddleware(orders)


def test_django_takes_a_timeout_and_keeps_one_client(account: Account, settings: Any) -> None:
    settings.REFERENCE_TOKENS = {}
    use_in_django(account, TIMEOUT=1.5)
    assert checker() is checker()


def test_another_setting_keeps_the_client(in_django: None, settings: Any) -> None:
    before = checker()
    settings.LANGUAGE_CODE = "en"
    assert checker() is before


# REST framework


def test_rest_framework_refuses_whom_it_does_not_know(account: Account, token: str, alice: User, settings: Any) -> None:
    settings.REFERENCE_TOKENS = {}
    alice.is_active = False
    alice.save()
    refused = FRAMEWORKS["rest_framework"](account, bearer(token))
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api", error="invalid_token"')


def test_rest_framework_view_that_needs_scopes_alone_refuses_who_has_no_token(account: Account, settings: Any) -> None:
    class Orders(APIView):
        authentication_classes = (ReferenceTokenAuthentication,)
        permission_classes = (HasScopes,)
        required_scopes = ()

    settings.REFERENCE_TOKENS = {}
    use_in_django(account)
    answer = Orders.as_view()(RequestFactory().get("/"))
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api"')


# FastAPI


def test_fastapi_sees_a_header_that_is_sent_twice(token: str) -> None:
    async def answer() -> httpx2.Response:
        async with AsyncClient("http://localhost:1", "rs_x", "enrs_y") as checker:
            transport = httpx2.ASGITransport(fastapi_app(checker))
            async with httpx2.AsyncClient(transport=transport, base_url="http://api") as session:
                return await session.get("/orders", headers=bearer(token) * 2)

    refused = asyncio.run(answer())
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (
        401,
        'Bearer realm="api", error="invalid_request"',
    )


def test_fastapi_describes_the_token_in_its_openapi_document() -> None:
    document = fastapi_app(BehindProxy(), "read").openapi()
    assert document["components"]["securitySchemes"] == {"ReferenceTokens": {"type": "http", "scheme": "bearer"}}
    assert document["paths"]["/orders"]["get"]["security"] == [{"ReferenceTokens": ["read"]}]
