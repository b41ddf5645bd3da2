"""The snippet for Django REST framework."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest
from django.test import RequestFactory
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from tests import postgresql
from tests.clients.proxies import SNIPPETS
from tests.clients.snippets import loaded, revoke, snippet
from tests.service import Service

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    return service.token("--user", "alice", "--scopes", "read update")


# Django REST framework


@pytest.fixture
def drf(library: ModuleType, service: Service, monkeypatch: pytest.MonkeyPatch, alice: User) -> Any:
    monkeypatch.setenv("REFERENCE_TOKENS_SECRET", service.secrets["client_secret"])
    text = snippet("drf_authentication.py", service.address, service.secrets["client_id"])
    return loaded("drf_authentication", SNIPPETS / "drf_authentication.py", text)


def drf_answer(drf: Any, **headers: str) -> Any:
    """What a view answers that asks for a signed-in user."""

    class Orders(APIView):
        authentication_classes = (drf.ReferenceToken,)
        permission_classes = (IsAuthenticated,)
        renderer_classes = (JSONRenderer,)

        def get(self, request: Any) -> Any:
            return Response({"username": request.user.username, "scopes": sorted(request.auth.scopes)})

    return Orders.as_view()(RequestFactory().get("/orders", headers=headers)).render()


def test_drf_lets_a_good_token_through_and_no_other(drf: Any, token: str) -> None:
    good = drf_answer(drf, Authorization=f"Bearer {token}")
    assert json.loads(good.content) == {"username": "alice", "scopes": ["read", "update"]}
    for headers in ({}, {"Authorization": "Bearer enrt_no"}, {"Authorization": "Bearer"}, {"Authorization": "Basic x"}):
        answer = drf_answer(drf, **headers)
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api"')


def test_drf_refuses_whom_it_does_not_know(drf: Any, token: str, alice: User) -> None:
    alice.is_active = False
    alice.save()
    assert drf_answer(drf, Authorization=f"Bearer {token}").status_code == 401


def test_drf_refuses_a_revoked_token_and_says_503_without_the_service(
    drf: Any, library: ModuleType, service: Service
) -> None:
    token = service.token("--user", "alice")
    assert drf_answer(drf, Authorization=f"Bearer {token}").status_code == 200
    revoke(service, token)
    assert drf_answer(drf, Authorization=f"Bearer {token}").status_code == 401
    drf.client = library.Client(f"http://127.0.0.1:{postgresql.free_port()}", "rs_x", "enrs_y")
    answer = drf_answer(drf, Authorization=f"Bearer {token}")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
