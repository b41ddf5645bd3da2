"""The product that a story is about: what is stored there, and what it says of a token at each door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import time_machine
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine
from hypothesis.stateful import run_state_machine_as_test as run

from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.resource_server_registration import create_resource_server
from reference_tokens.models import ReferenceToken
from reference_tokens.policy.change import ImpactChoices, ImpactNotSeen, change_application
from tests.introspection import INACTIVE, ask, basic
from tests.journeys import token_model as model
from trusted_apps.models import TrustedApplication

DOORS = 6


class World(RuleBasedStateMachine):
    """Looks up what the model names, and holds each door against the model."""

    client: Client
    now: datetime
    servers: list[model.Server]
    tokens: list[model.Token]

    def registered(self, server: model.Server, **columns: Any) -> model.Server:
        applications = TrustedApplication.objects.filter(application_uri__in=server.apps or [])
        stored, secret = create_resource_server(
            actor=OPERATOR,
            now=self.now,
            name=server.name,
            applications=applications,
            required_scopes=server.required,
            **columns,
        )
        server.name, server.secrets = stored.client_id, [secret]
        return server

    def stored(self, user: model.User) -> User:
        return User.objects.get(username=user.name)

    def application(self, app: model.App) -> TrustedApplication:
        return TrustedApplication.objects.get(application_uri=app.name)

    def token(self, index: int) -> model.Token:
        return self.tokens[index % len(self.tokens)]

    def live_token(self, index: int) -> model.Token:
        """One that has not ended, while there is one."""
        live = [token for token in self.tokens if not token.ended(self.now)] or self.tokens
        return live[index % len(live)]

    def row(self, token: model.Token) -> ReferenceToken:
        return ReferenceToken.objects.get(hint=f"{token.value[:9]}…{token.value[-4:]}")

    def change(self, app: model.App, acts: bool, columns: dict[str, Any]) -> None:
        """Change an application as its form does: shown first where tokens are concerned, then saved."""
        common: dict[str, Any] = {
            "actor": OPERATOR,
            "application_id": self.application(app).pk,
            "now": self.now,
            "owners": None,
        }
        try:
            change_application(**common, choices=ImpactChoices(), **columns)
        except ImpactNotSeen as not_seen:
            choices = ImpactChoices(not_seen.impact.seen, acts, acts, acts)
            change_application(**common, choices=choices, **columns)

    def compare(self, token: model.Token, doors: Any) -> None:
        every, excel = self.servers
        asked: list[Callable[[], tuple[Any, Any]]] = [
            lambda: self.introspected(every, token),
            lambda: self.introspected(excel, token),
            lambda: self.forwarded("/auth/forward", None, token),
            lambda: self.forwarded(f"/auth/resource/{every.name}", every, token),
            lambda: self.forwarded(f"/auth/resource/{excel.name}/below", excel, token),
            lambda: self.itself(token),
        ]
        with time_machine.travel(self.now, tick=False):
            for door in doors:
                said, expected = asked[door]()
                assert said == expected, f"door {door} at {self.now}: {token}"

    def expected(self, token: model.Token, server: model.Server | None) -> tuple[Any, ...] | None:
        """Whom the token speaks for and what it may do, or None where it is not good for this server."""
        is_theirs = server is None or server.apps is None or token.app.name in server.apps
        if not is_theirs or not token.good(self.now):
            return None
        assert token.holder
        return token.holder.name, " ".join(sorted(token.effective)), "PAT" if token.person else "SAT"

    def introspect(self, server: model.Server, value: str, secret: str) -> Any:
        return ask(self.client, urlencode({"token": value}), basic(server.name, secret))

    def introspected(self, server: model.Server, token: model.Token) -> tuple[Any, Any]:
        response = self.introspect(server, token.value, server.secrets[-1])
        assert response.status_code == 200
        said = response.json()
        if not said["active"]:
            assert response.content == INACTIVE
            return None, self.expected(token, server)
        assert said.get("exp") == (token.expires and int(token.expires.timestamp()))
        return (said["username"], said["scope"], said["token_kind"]), self.expected(token, server)

    def forwarded(self, path: str, server: model.Server | None, token: model.Token) -> tuple[Any, Any]:
        response = self.client.get(path, headers={"authorization": f"Bearer {token.value}"})
        expected = self.expected(token, server)
        if expected and server and not server.required <= token.effective:
            return response.status_code, 403
        if response.status_code != 200:
            return response.status_code, 200 if expected else 401
        return tuple(response[f"X-Auth-{name}"] for name in ("Username", "Scope", "Kind")), expected

    def itself(self, token: model.Token) -> tuple[Any, Any]:
        response = self.client.get("/api/token", headers={"x-api-key": token.value})
        expected = self.expected(token, None)
        if response.status_code != 200:
            return response.status_code, 200 if expected else 401
        said = response.json()
        return (said["username"], " ".join(said["scopes"]), said["kind"]), expected


def told(machine: Any, *, stories: int, steps: int) -> None:
    """Tell so many stories, the same on every machine and in every run; on PostgreSQL a third of them."""
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    story = settings(
        max_examples=stories if connection.vendor == "sqlite" else stories // 3,
        stateful_step_count=steps,
        derandomize=True,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=checks,
    )
    run(machine, settings=story)
