"""Whatever is done to tokens, people and applications, in whatever order: every door says what the rules say.

The rules stand in token_model.py, which knows nothing of the product. After each step one token is shown at every door
and every token at one door: introspection by two Resource Servers, forward auth bound and unbound, `/api/token`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.issuance import IssuingRefused, TokenRequest, issue_pat, issue_sat
from reference_tokens.lifecycle.resource_server_registration import add_secret, remove_secret
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.lifecycle.rotation import OVERLAPS, RotationRefused, end_old_value, rotate_token
from reference_tokens.lifecycle.suspension import resume_token, suspend_with_old_values
from reference_tokens.models import ReferenceToken, ResourceServer
from tests.factories import ApplicationFactory, UserFactory
from tests.journeys import token_model as model
from tests.journeys.world import DOORS, World, told

BOTH, READ = frozenset({"read", "update"}), frozenset({"read"})
BEGINNING = [("alice", BOTH), ("alice", READ), ("ada", READ), ("ada", BOTH), ("", BOTH), ("", READ)]
START = datetime.fromisoformat("2027-03-13T22:30:00.000001+00:00")
# What lets most go on stands first: it is what most stories take.
POLICIES = ["AuthenticatedUsers", "AdministratorsOnly", "None"]
SCOPES = ["read", "update"]
MAXIMUM_TOKENS = 12

indexes = st.integers(min_value=0, max_value=1_000)
scope_sets = st.sets(st.sampled_from(SCOPES), min_size=1).map(frozenset)


class Tokens(World):
    """The product and the model beside each other, through the same steps."""

    @initialize()
    def the_cast(self) -> None:
        self.client, self.now, self.step = Client(), START, 0
        self.block = transaction.atomic()
        self.block.__enter__()
        names = {"alice": {}, "ada": {"administrator": True}}
        self.users = {name: model.User(name, **columns) for name, columns in names.items()}
        for name, user in self.users.items():
            UserFactory.create(username=name, is_administrator=user.administrator)
        self.robots = [model.User("robot"), model.User("other-robot")]
        for robot in self.robots:
            UserFactory.create(username=robot.name, system=True)
        self.apps = [model.App(name, self.robots[0], self_rotation=name == "excel") for name in ("excel", "word")]
        for app in self.apps:
            system_user = self.stored(self.robots[0])
            ApplicationFactory.create(
                application_uri=app.name, name=app.name, system_user=system_user, allows_self_rotation=app.self_rotation
            )
        self.servers = [
            self.registered(model.Server("every", None), asks_for_all_applications=True),
            self.registered(model.Server("excel alone", frozenset({"excel"}), frozenset({"update"}))),
        ]
        self.tokens: list[model.Token] = []
        # A story begins with something to lose: left to chance, most would be over before a token is good.
        for number, (who, scopes) in enumerate(BEGINNING):
            Tokens.issue(self, number, who, scopes, 5 if number % 3 == 1 else 30)

    def teardown(self) -> None:
        try:
            for token in self.tokens:
                self.compare(token, range(DOORS))
        finally:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    # --- What is done ---

    @precondition(lambda self: len(self.tokens) < MAXIMUM_TOKENS)
    @rule(
        app=indexes,
        who=st.sampled_from(["alice", "ada", ""]),  # nobody: a SAT
        scopes=scope_sets,
        days=st.sampled_from([1, 30, 366, None]),
    )
    def issue(self, app: int, who: str, scopes: frozenset[str], days: int | None) -> None:
        chosen, person = self.apps[app % 2], self.users.get(who)
        expires = None if days is None else (self.now + timedelta(days=days)).replace(microsecond=0)
        token_request = TokenRequest(scopes, expires)
        application = self.application(chosen)
        try:
            if person:
                issued = issue_pat(
                    actor=OPERATOR,
                    user=self.stored(person),
                    application=application,
                    token_request=token_request,
                    now=self.now,
                )
            else:
                issued = issue_sat(actor=OPERATOR, application=application, token_request=token_request, now=self.now)
        except (IssuingRefused, ValidationError):
            assert not model.may_issue(chosen, person, scopes, expires, self.now)
        else:
            assert model.may_issue(chosen, person, scopes, expires, self.now)
            self.tokens.append(model.Token(issued.plaintext, chosen, person, scopes, self.now, expires))

    @rule(index=indexes)
    def revoke(self, index: int) -> None:
        token = self.token(index)
        revoked = revoke_token(actor=OPERATOR, token_id=self.row(token).pk, now=self.now)
        assert revoked == (not token.ended(self.now))
        token.revoked |= revoked

    @rule(index=indexes)
    def revoke_itself(self, index: int) -> None:
        token = self.token(index)
        with time_machine.travel(self.now, tick=False):
            status = self.client.delete("/api/token", headers={"authorization": f"Bearer {token.value}"}).status_code
        assert status == (204 if token.good(self.now) else 401)
        if status == 204:
            for ended in model.with_old_values(token, self.now):
                ended.revoked = True

    @rule(index=indexes)
    def suspend(self, index: int) -> None:
        token = self.token(index)
        done = bool(
            suspend_with_old_values(actor=OPERATOR, token_id=self.row(token).pk, now=self.now, with_old_values=False)
        )
        assert done == (not token.ended(self.now) and not token.suspended)
        token.suspended |= done

    @precondition(lambda self: any(token.suspended for token in self.tokens))
    @rule(index=indexes)
    def resume(self, index: int) -> None:
        suspended = [token for token in self.tokens if token.suspended]
        token = suspended[index % len(suspended)]
        done = resume_token(actor=OPERATOR, token_id=self.row(token).pk, now=self.now)
        assert done == (not token.ended(self.now))
        token.suspended = not done

    @precondition(lambda self: len(self.tokens) < MAXIMUM_TOKENS)
    @rule(index=indexes, overlap=st.sampled_from(OVERLAPS))
    def rotate(self, index: int, overlap: timedelta) -> None:
        token = self.live_token(index)
        may = model.may_rotate(token, self.now)
        try:
            issued = rotate_token(actor=OPERATOR, token_id=self.row(token).pk, overlap=overlap, now=self.now)
        except RotationRefused:
            assert not may
        else:
            assert may
            self.tokens.append(model.rotate(token, issued.plaintext, overlap, self.now))

    @precondition(lambda self: len(self.tokens) < MAXIMUM_TOKENS)
    @rule(index=indexes, seconds=st.sampled_from([0, 1, 86_400, 604_800]))
    def rotate_itself(self, index: int, seconds: int) -> None:
        token = self.live_token(index)
        expected = model.answer_to_rotating_itself(token, self.now)
        with time_machine.travel(self.now, tick=False):
            response = self.client.generic(
                "POST",
                "/api/token/rotate",
                f"overlap_seconds={seconds}",
                "application/x-www-form-urlencoded",
                headers={"authorization": f"Bearer {token.value}"},
            )
        assert response.status_code == expected
        if expected == 201:
            value, overlap = response.json()["token"], timedelta(seconds=seconds)
            self.tokens.append(model.rotate(token, value, overlap, self.now, itself=True))

    @precondition(lambda self: any(token.replaced for token in self.tokens))
    @rule(index=indexes)
    def end_now(self, index: int) -> None:
        replaced = [token for token in self.tokens if token.replaced]
        token = replaced[index % len(replaced)]
        ended = end_old_value(actor=OPERATOR, old=self.row(token), now=self.now)
        assert ended == (not token.ended(self.now))
        token.revoked |= ended

    @rule(hours=st.sampled_from([1, 25, 250]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @precondition(lambda self: any(token.expires and token.expires > self.now for token in self.tokens))
    @rule(second=st.sampled_from([-1, 0, 1]))
    def it_becomes_the_end_of_the_next_token(self, second: int) -> None:
        ends = [token.expires for token in self.tokens if token.expires and token.expires > self.now]
        self.now = max(self.now, min(ends) + timedelta(seconds=second))

    @rule(who=st.sampled_from(["alice", "ada", "robot"]))
    def deactivate_or_activate(self, who: str) -> None:
        user = self.users.get(who, self.robots[0])
        user.active = not user.active
        User.objects.filter(username=user.name).update(is_active=user.active)

    @rule(who=st.sampled_from(["alice", "ada"]))
    def promote_or_demote(self, who: str) -> None:
        user = self.users[who]
        user.administrator = not user.administrator
        User.objects.filter(username=user.name).update(is_administrator=user.administrator)

    @rule(
        app=indexes,
        policy=st.sampled_from(POLICIES),
        scopes=st.sampled_from([BOTH, READ, BOTH - READ, frozenset()]),
        days=st.sampled_from([None, 1, 20]),
        for_ever=st.booleans(),
        self_rotation=st.booleans(),
        acts=st.booleans(),
    )
    def change_rules(self, app: int, acts: bool, **rules: Any) -> None:
        columns = {
            "access_tokens_policy": rules["policy"],
            "scopes": rules["scopes"],
            "max_lifetime_days": rules["days"],
            "allows_tokens_without_expiry": rules["for_ever"],
            "allows_self_rotation": rules["self_rotation"],
        }
        self.change(self.apps[app % 2], acts, columns)
        model.change_rules(self.apps[app % 2], self.tokens, self.now, acts=acts, **rules)

    @rule(app=indexes)
    def disable_or_enable(self, app: int) -> None:
        chosen = self.apps[app % 2]
        chosen.enabled = not chosen.enabled
        self.change(chosen, False, {"is_enabled": chosen.enabled})

    @rule(app=indexes, robot=st.sampled_from([0, 1, None]))
    def change_the_system_user(self, app: int, robot: int | None) -> None:
        chosen = self.apps[app % 2]
        wanted = None if robot is None else self.robots[robot]
        columns = {"system_user": wanted and self.stored(wanted)}
        if wanted and not wanted.active and wanted is not chosen.system_user:
            with pytest.raises(ValidationError, match="is not active"):
                self.change(chosen, False, columns)
            return
        chosen.system_user = wanted
        self.change(chosen, False, columns)

    @rule(index=indexes)
    def rotate_a_secret(self, index: int) -> None:
        server = self.servers[index % 2]
        stored = ResourceServer.objects.get(client_id=server.name)
        _added, secret = add_secret(actor=OPERATOR, server_id=stored.pk, now=self.now)
        assert self.introspect(server, "x", server.secrets[-1]).status_code == 200
        first = stored.secrets.order_by("pk")[0]
        remove_secret(actor=OPERATOR, server_id=stored.pk, secret_id=first.pk, now=self.now)
        assert self.introspect(server, "x", server.secrets[-1]).status_code == 401
        server.secrets.append(secret)

    # --- What holds ---

    @invariant()
    def every_door_says_what_the_rules_say(self) -> None:
        self.step += 1
        self.compare(self.token(self.step), range(DOORS))
        for token in self.tokens:
            self.compare(token, [self.step % DOORS])

    @invariant()
    def outside_policy_is_what_could_not_be_issued_today(self) -> None:
        found = ReferenceToken.objects.not_ended(self.now).outside_policy(self.now).values_list("hint", flat=True)
        expected = [token for token in self.tokens if not token.ended(self.now) and token.outside(self.now)]
        assert sorted(found) == sorted(f"{token.value[:9]}…{token.value[-4:]}" for token in expected)


# Of the steps above those that matter little to a chain of rotations, which is short where there are so many.
BESIDES = (
    "issue",
    "revoke",
    "revoke_itself",
    "suspend",
    "resume",
    "deactivate_or_activate",
    "promote_or_demote",
    "disable_or_enable",
    "change_the_system_user",
    "rotate_a_secret",
)
Chains: Any = type("Chains", (Tokens,), dict.fromkeys(BESIDES))


@pytest.mark.django_db
def test_every_door_follows_the_rules_through_any_story() -> None:
    told(Tokens, stories=18, steps=40)


@pytest.mark.django_db
def test_tok10_every_door_follows_the_rules_through_any_chain_of_rotations() -> None:
    told(Chains, stories=20, steps=25)
