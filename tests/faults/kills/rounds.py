"""Rounds of kills: an act is asked for, its process is killed at a mark, and everything is held against what was told.

I1: a token whose value arrived validates until it is revoked. I2: one that was answered as revoked never validates
again. I3: each issue and each revocation has its one entry. I4: no answer is "active" unless that is so.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from reference_tokens.endpoints.oauth import MOST_TOKENS
from reference_tokens.models import ReferenceToken
from tests.faults.kills.marks import (
    BETWEEN,
    COUNTED,
    DONE,
    IN_THE_ANSWER,
    IN_THE_BACKGROUND,
    MARKS,
    NOT_DONE,
    STATEMENTS,
    next_statement,
)
from tests.faults.kills.reader import Stored, stored
from tests.faults.kills.wire import PATIENCE, Heard, asked, form
from tests.gunicorn import Gunicorn, database_url, worker_ids
from tests.introspection import credentials
from trusted_apps.models import TrustedApplication

ISSUE, REVOKE, REVOKE_MANY, USES = "an issue", "a revocation", "a mass revocation", "the uses written meanwhile"
ROUNDS = [
    *((act, mark) for mark in MARKS for act in (ISSUE, REVOKE, REVOKE_MANY)),
    *((USES, mark) for mark in MARKS if mark != IN_THE_ANSWER),
]
MANY = 10
# Between two validations that go on meanwhile, in seconds.
PAUSE = 0.05


@dataclass
class Known:
    """A token whose value arrived: its row, and whether it has ended, as far as anybody was told."""

    value: str
    pk: UUID
    has_ended: bool = False


@dataclass
class Killing:
    """The service that is killed, what its callers know, and what came of each round."""

    live: Gunicorn
    server: Any
    application: TrustedApplication
    manager: str
    issue_many: Callable[[int], list[tuple[str, UUID]]]
    chance: Random = field(default_factory=lambda: Random(17))
    known: list[Known] = field(default_factory=list)
    # How often a round was done, and how often its act was there wholly afterwards.
    tried: Counter[tuple[str, str]] = field(default_factory=Counter)
    done: Counter[tuple[str, str]] = field(default_factory=Counter)
    validations: Counter[int] = field(default_factory=Counter)
    statements: dict[str, int] = field(default_factory=dict)

    # --- The acts ---

    def ask_api(self, path: str, document: dict[str, object], mark: str) -> Heard:
        headers = {"Authorization": f"Bearer {self.manager}", "Content_Type": "application/json"}
        return asked(self.live.port, "POST", f"/api/v1{path}", json.dumps(document), mark, **headers)

    def issue(self, mark: str) -> Heard:
        path = f"/applications/{self.application.pk}/tokens"
        return self.ask_api(path, {"scopes": ["read"], "expires_in_days": 7}, mark)

    def revoke(self, token: Known, mark: str) -> Heard:
        return asked(self.live.port, "DELETE", "/api/token", mark=mark, X_Api_Key=token.value)

    def revoke_many(self, tokens: list[Known], mark: str) -> Heard:
        ids = [str(token.pk) for token in tokens]
        return self.ask_api("/tokens/revocations", {"ids": ids, "reason": "Left", "expected_count": len(ids)}, mark)

    def made(self, number: int) -> list[Known]:
        """So many new tokens, by nobody who is killed."""
        tokens = [Known(*issued) for issued in self.issue_many(number)]
        self.known += tokens
        return tokens

    def rehearse(self) -> None:
        """Count the statements of each act, which nobody is killed for."""
        for act in (ISSUE, REVOKE, REVOKE_MANY):
            heard, concerned = self.act(act, COUNTED)
            assert heard.status in {200, 201, 204}, heard
            [line] = [line for line in heard.head.split("\r\n") if line.startswith(STATEMENTS)]
            self.statements[act] = int(line.split()[1])
            assert self.statements[act] > 2
            for token in concerned:
                token.has_ended = True
        # Its row is read and locked, and written: there are more where more is to be written.
        self.statements[USES] = 2

    def act(self, act: str, mark: str) -> tuple[Heard, list[Known]]:
        """Do it; returns what arrived, and which tokens it is about: none where it issues one."""
        if act == ISSUE:
            return self.issue(mark), []
        concerned = self.made(MANY if act == REVOKE_MANY else 1)
        if act == REVOKE:
            return self.revoke(concerned[0], mark), concerned
        if act == REVOKE_MANY:
            return self.revoke_many(concerned, mark), concerned
        about = form("POST", "/oauth/introspect", credentials(self.server), concerned[0].value)
        return asked(self.live.port, mark=f"{IN_THE_BACKGROUND}{mark}", **about), concerned

    # --- A round ---

    def round(self, act: str, mark: str) -> None:
        """Raises `AssertionError` where no process was killed, or something is lost, half done or revived."""
        exact = next_statement(self.chance.randint(1, self.statements[act] - 1)) if mark == BETWEEN else mark
        before, processes = stored(self.url), worker_ids(self.live)
        with self.watched():
            heard, concerned = self.act(act, exact)
            self.wait_for_a_new_process(processes, f"{act}, {exact}: {heard}")
        assert act == USES or heard.status == 0, (act, exact, heard)
        after = stored(self.url)
        assert after.misfits == [], (act, exact)
        is_done = self.outcome(act, heard, concerned, before, after)
        assert not (mark in NOT_DONE and is_done), (act, exact)
        assert not (act != USES and mark in DONE and not is_done), (act, exact)
        self.tried[act, mark] += 1
        self.done[act, mark] += is_done
        for token in concerned:
            token.has_ended = is_done and act != USES
        # Of many, two; the others are held against all at the end.
        for token in {token.pk: token for token in [*concerned[:2], *self.known[-1:]]}.values():
            self.ask_every_door(token)

    def outcome(self, act: str, heard: Heard, concerned: list[Known], before: Stored, after: Stored) -> bool:
        """Whether the act is there; raises `AssertionError` where it is there by half, or more is there."""
        ended = {pk for pk, is_revoked in after.tokens.items() if is_revoked and not before.tokens.get(pk)}
        new = after.tokens.keys() - before.tokens.keys() - {token.pk for token in concerned}
        if act == ISSUE:
            assert len(new) <= 1
            assert not ended
            # Even the value that came with a half of an answer is good.
            assert new or not heard.token
            if heard.token:
                self.known.append(Known(heard.token, next(iter(new))))
            return bool(new)
        assert not new
        if act == USES:
            assert not ended
            return ReferenceToken.objects.filter(pk=concerned[0].pk).exclude(first_used_at=None).exists()
        assert ended in (set(), {token.pk for token in concerned})
        return bool(ended)

    def wait_for_a_new_process(self, before: list[int], told: str) -> None:
        """Return once a process has ended and another one has taken its place."""
        deadline = time.monotonic() + PATIENCE
        while (now := worker_ids(self.live)) == before or len(now) < len(before):
            assert time.monotonic() < deadline, f"nobody was killed by {told}"
            time.sleep(0.01)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Validate a token that is good and one that has ended all the time of the block (I4)."""
        good, ended = self.known[0], next(token for token in self.known if token.has_ended)
        ends, wrong = threading.Event(), list[str]()

        def validate() -> None:
            while not ends.wait(PAUSE):
                for token in (good, ended):
                    about = form("POST", "/oauth/introspect", credentials(self.server), token.value)
                    heard = asked(self.live.port, **about)
                    self.validations[heard.status] += 1
                    if heard.status not in {0, 200, 503}:
                        wrong.append(str(heard))
                    if heard.status == 200 and heard.json["active"] is token.has_ended:
                        wrong.append(heard.body)

        watcher = threading.Thread(target=validate)
        watcher.start()
        try:
            yield
        finally:
            ends.set()
            watcher.join()
        assert wrong == []

    # --- What is held against what was told ---

    @property
    def url(self) -> str:
        return database_url()

    def ask_every_door(self, token: Known) -> None:
        """Every door says of the token what is known of it (I1, I2)."""
        port, expected = self.live.port, not token.has_ended
        one = asked(port, **form("POST", "/oauth/introspect", credentials(self.server), token.value)).json["active"]
        two = form("POST", "/oauth/introspect/batch", credentials(self.server), token.value, token.value)
        many = [each["active"] for each in asked(port, **two).json]
        bearer = {"Authorization": f"Bearer {token.value}"}
        paths = ("/auth/forward", f"/auth/resource/{self.server.client_id}", "/api/token")
        statuses = {path: asked(port, "GET", path, **bearer).status for path in paths}
        assert (one, many) == (expected, [expected] * 2), token.pk
        assert set(statuses.values()) == {200 if expected else 401}, (token.pk, statuses)
        # A service access token is known there, and has no profile.
        me = asked(port, "GET", "/profile/me", **bearer)
        assert me.status in ({200, 403} if expected else {401}), me

    def hold_all(self) -> None:
        """Every token that is known, in the database and by introspection, now that all rounds are over.

        Of the validations meanwhile, a kill takes the answer of one, or lets it and the one after it be refused.
        """
        unanswered = self.validations[0] + self.validations[503]
        assert unanswered <= 2 * self.tried.total(), self.validations
        assert self.validations[200] > 0
        found = stored(self.url)
        assert found.misfits == []
        assert {token.pk: token.has_ended for token in self.known}.items() <= found.tokens.items()
        for first in range(0, len(self.known), MOST_TOKENS):
            tokens = self.known[first : first + MOST_TOKENS]
            values = [token.value for token in tokens]
            about = form("POST", "/oauth/introspect/batch", credentials(self.server), *values)
            told = [each["active"] for each in asked(self.live.port, **about).json]
            assert told == [not token.has_ended for token in tokens]

    def told(self) -> dict[str, list[int]]:
        """Of each act and mark: how often it was killed there, and how often it was done wholly; never by half."""
        return {f"{act}; {mark}": [self.tried[act, mark], self.done[act, mark]] for act, mark in ROUNDS}
