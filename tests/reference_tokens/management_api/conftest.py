"""Programs that call the management API, each with a token of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.issuance import TokenRequest, issue_pat, issue_sat
from tests.factories import UserFactory
from tests.reference_tokens.management_api.described import hold_to_description
from trusted_apps.built_in import ManagementScope
from trusted_apps.models import TrustedApplication

EVERY_SCOPE = tuple(str(scope) for scope in ManagementScope)


class Program:
    """Calls the API as a program does: JSON, one token, and nothing else. Every answer is as it is described."""

    def __init__(self, token: str) -> None:
        self.token, self._client = token, Client()
        # Not where a test puts something else in the place of a call.
        self.is_held_to_description = True

    def call(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json", **headers: str
    ) -> Any:
        """The answer; `path` is below `/api/v1`."""
        given = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = "" if body is None else self.encode(body)
        answer = self._client.generic(method, f"/api/v1{path}", data, content_type, headers=given)
        if self.is_held_to_description:
            hold_to_description(method, path, answer)
        return answer

    @staticmethod
    def encode(body: Any) -> Any:
        """A document as JSON; bytes as they are."""
        return body if isinstance(body, (bytes, str)) else json.dumps(body)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("DELETE", path, **headers)


@pytest.fixture
def program_of(management_api: TrustedApplication) -> Callable[..., Program]:
    """Makes a program with a PAT of this user, with these scopes."""

    def make(user: User, scopes: Iterable[str] = EVERY_SCOPE) -> Program:
        asked = TokenRequest(scopes=scopes, expires_at=timezone.now() + timedelta(days=30))
        issued = issue_pat(
            actor=OPERATOR, user=user, application=management_api, token_request=asked, now=timezone.now()
        )
        return Program(issued.plaintext)

    return make


@pytest.fixture
def administrators_program(program_of: Callable[..., Program]) -> Program:
    """A program of an administrator that may do everything."""
    return program_of(UserFactory.create(administrator=True))


@pytest.fixture
def automation(management_api: TrustedApplication) -> Program:
    """A program with a SAT that may do everything."""
    asked = TokenRequest(scopes=EVERY_SCOPE, expires_at=timezone.now() + timedelta(days=30))
    issued = issue_sat(actor=OPERATOR, application=management_api, token_request=asked, now=timezone.now())
    return Program(issued.plaintext)
