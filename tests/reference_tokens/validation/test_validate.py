"""VAL-1 to VAL-3: the one function that decides, asked through the door and by itself."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import ReferenceToken, ResourceServer
from reference_tokens.token_values import token_format
from reference_tokens.usage.recorder import recorder
from reference_tokens.validation.decision import Inactive
from reference_tokens.validation.validate import token_id_of, validate
from tests.command_line import BASE_DIR
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory, alter, issued_pat, issued_sat
from tests.introspection import INACTIVE, UNKNOWN, Statements, introspect, is_active
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

PROJECT = BASE_DIR


def bad_checksum() -> str:
    token = token_format.generate()
    return token[:-1] + ("0" if token[-1] != "0" else "1")


# --- T7: each single state flip, and back ----------------------------------------------------------------------------

Change = Callable[[], Any]
Flips = dict[str, tuple[Inactive, Change, Change]]


def flips(server: Any, application: TrustedApplication, holder: User) -> Flips:
    """By name: the reason, what makes the token inactive, what undoes it."""
    now = timezone.now()
    tokens = ReferenceToken.objects
    people, applications = User.objects.filter(pk=holder.pk), TrustedApplication.objects
    return {
        "suspended": (
            Inactive.SUSPENDED,
            lambda: tokens.update(suspended_at=now),
            lambda: tokens.update(suspended_at=None),
        ),
        "expired": (
            Inactive.EXPIRED,
            lambda: tokens.update(issued_at=now - timedelta(days=2), expires_at=now),
            lambda: tokens.update(expires_at=now + timedelta(days=1)),
        ),
        "application disabled": (
            Inactive.APPLICATION_DISABLED,
            lambda: applications.update(is_enabled=False),
            lambda: applications.update(is_enabled=True),
        ),
        "holder inactive": (
            Inactive.HOLDER_INACTIVE,
            lambda: people.update(is_active=False),
            lambda: people.update(is_active=True),
        ),
        "no scopes left": (
            Inactive.NO_SCOPES,
            lambda: applications.update(scopes="update"),
            lambda: applications.update(scopes="read update"),
        ),
        "no scopes at all": (
            Inactive.NO_SCOPES,
            lambda: applications.update(scopes=""),
            lambda: applications.update(scopes="read"),
        ),
        "another server's": (
            Inactive.OTHER_SERVER,
            lambda: ResourceServer.objects.update(asks_for_all_applications=False),
            lambda: server.applications.add(application),
        ),
    }


FLIPS = (
    "suspended",
    "expired",
    "application disabled",
    "holder inactive",
    "no scopes left",
    "no scopes at all",
    "another server's",
)


@pytest.mark.parametrize("kind", ["PAT", "SAT"])
@pytest.mark.parametrize("name", FLIPS)
def test_t7_each_state_makes_the_token_inactive_and_undoing_it_brings_it_back(
    client: Client, server: Any, alice: User, application: TrustedApplication, name: str, kind: str
) -> None:
    plaintext = (issued_pat(alice, application) if kind == "PAT" else issued_sat(application)).plaintext
    assert application.system_user
    _reason, flip, undo = flips(server, application, alice if kind == "PAT" else application.system_user)[name]
    assert is_active(client, server, plaintext)
    flip()
    assert introspect(client, server, plaintext).content == INACTIVE
    undo()
    assert is_active(client, server, plaintext)


@pytest.mark.parametrize("name", FLIPS[:-1])
def test_val1_the_reason_is_known_inside(server: Any, alice: User, application: TrustedApplication, name: str) -> None:
    plaintext = issued_pat(alice, application).plaintext
    reason, flip, _undo = flips(server, application, alice)[name]
    flip()
    assert validate(plaintext, now=timezone.now()).inactive is reason


def test_tok8_a_revoked_token_is_inactive_at_once_and_for_good(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    assert is_active(client, server, issued.plaintext)
    revoke_token(actor=OPERATOR, token_id=issued.token.pk, now=timezone.now())
    assert introspect(client, server, issued.plaintext).content == INACTIVE
    for _reason, flip, undo in flips(server, application, alice).values():
        flip()
        undo()
    assert introspect(client, server, issued.plaintext).content == INACTIVE


@pytest.mark.parametrize(("offset", "expected"), [(-1, True), (0, False), (1, False)])
def test_t6_at_the_expiry_instant_the_token_is_expired(
    client: Client, server: Any, alice: User, application: TrustedApplication, offset: int, expected: bool
) -> None:
    issued = issued_pat(alice, application)
    assert issued.token.expires_at
    with time_machine.travel(issued.token.expires_at + timedelta(seconds=offset), tick=False):
        assert is_active(client, server, issued.plaintext) is expected


def test_t60_a_clock_that_steps_back_is_compared_and_not_remembered(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    assert issued.token.expires_at
    seen = []
    for seconds in (-1, 1, -1):
        with time_machine.travel(issued.token.expires_at + timedelta(seconds=seconds), tick=False):
            seen.append(is_active(client, server, issued.plaintext))
    assert seen == [True, False, True]


@pytest.mark.parametrize("policy", ["None", "AdministratorsOnly"])
def test_pol6_a_tightened_policy_leaves_issued_tokens_live(
    client: Client, server: Any, alice: User, application: TrustedApplication, policy: str
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    TrustedApplication.objects.update(access_tokens_policy=policy)
    assert is_active(client, server, plaintext)


def test_pol6_a_demoted_administrators_token_stays_live(client: Client, server: Any, administrator: User) -> None:
    plaintext = issued_pat(administrator, ApplicationFactory.create(administrators_only=True)).plaintext
    User.objects.update(is_administrator=False)
    assert is_active(client, server, plaintext)


def test_t13_introspection_shows_the_scopes_that_the_application_still_has(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    plaintext = issued_pat(alice, application, scopes=["read", "update"]).plaintext
    assert introspect(client, server, plaintext).json()["scope"] == "read update"
    TrustedApplication.objects.update(scopes="update write")
    assert introspect(client, server, plaintext).json()["scope"] == "update"


def test_tok12_a_sat_acts_as_the_system_user_of_now(
    client: Client, server: Any, application: TrustedApplication
) -> None:
    plaintext = issued_sat(application).plaintext
    assert application.system_user
    assert introspect(client, server, plaintext).json()["sub"] == str(application.system_user.pk)
    robot = UserFactory.create(username="robot2", system=True)
    TrustedApplication.objects.update(system_user=robot)
    answer = introspect(client, server, plaintext).json()
    assert (answer["sub"], answer["username"]) == (str(robot.pk), "robot2")


def test_pol4_a_sat_of_an_application_without_a_system_user_is_inactive(
    client: Client, server: Any, application: TrustedApplication
) -> None:
    plaintext = issued_sat(application).plaintext
    TrustedApplication.objects.update(system_user=None)
    assert introspect(client, server, plaintext).content == INACTIVE


def test_tok11_the_system_user_has_no_say_over_pats_nor_a_person_over_sats(
    client: Client, server: Any, administrator: User, application: TrustedApplication
) -> None:
    pat, sat = issued_pat(administrator, application).plaintext, issued_sat(application).plaintext
    User.objects.filter(pk=application.system_user_id).update(is_active=False)
    assert (is_active(client, server, pat), is_active(client, server, sat)) == (True, False)
    User.objects.update(is_active=True)
    User.objects.filter(pk=administrator.pk).update(is_active=False)
    assert (is_active(client, server, pat), is_active(client, server, sat)) == (False, True)


# --- VAL-3: whose tokens a server learns about -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "accept", ["*/*", "application/jwt", "application/token-introspection+jwt", "application/json;q=0.1, */*"]
)
def test_t19_another_servers_token_is_inactive_whatever_is_accepted(
    client: Client, alice: User, application: TrustedApplication, accept: str
) -> None:
    other = ApplicationFactory.create()
    stranger = ResourceServerFactory.create(asks_for_all_applications=False)
    stranger.applications.add(other)
    response = introspect(client, stranger, issued_pat(alice, application).plaintext, accept=accept)
    assert (response.status_code, response["Content-Type"], response.content) == (200, "application/json", INACTIVE)


@pytest.mark.parametrize("accept", ["application/jwt", "application/token-introspection+jwt", "text/html"])
def test_t19_what_is_accepted_changes_nothing_about_a_good_token(
    client: Client, server: Any, alice: User, application: TrustedApplication, accept: str
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    plain, accepting = introspect(client, server, plaintext), introspect(client, server, plaintext, accept=accept)
    assert accepting.content == plain.content
    assert accepting.headers == plain.headers


def test_val3_a_registered_server_learns_about_its_applications_only(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    registered = ResourceServerFactory.create(asks_for_all_applications=False)
    registered.applications.add(application)
    assert is_active(client, registered, issued_pat(alice, application).plaintext)
    assert not is_active(client, registered, issued_pat(alice, ApplicationFactory.create()).plaintext)


def test_t19_asking_about_anothers_token_is_not_a_use_of_it(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    stranger = ResourceServerFactory.create(asks_for_all_applications=False)
    introspect(client, stranger, issued_pat(alice, application).plaintext)
    assert recorder.flush() == 0


# --- T2, T34: what needs no database ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["x", "enrt_", "\0", "enrt_" + "0" * 64, "enrt_" + "Ż" * 64, "enrt_" + "A" * 10_000, "☃", "enrt_\0"]
)
def test_t34_what_cannot_be_a_token_is_inactive_without_asking_about_it(client: Client, server: Any, text: str) -> None:
    introspect(client, server, "x")
    with Statements() as statements:
        response = introspect(client, server, text)
    assert response.content == INACTIVE
    assert statements.verbs == ["SELECT"]
    assert statements.about_tokens == []


def test_t2_a_bad_checksum_is_refused_without_asking_about_it_and_like_an_unknown_token(
    client: Client, server: Any
) -> None:
    with Statements() as statements:
        response = introspect(client, server, bad_checksum())
    unknown = introspect(client, server, token_format.generate())
    assert statements.about_tokens == []
    assert (response.content, response.headers) == (unknown.content, unknown.headers)


def test_t2_validating_a_bad_checksum_makes_no_query() -> None:
    with Statements() as statements:
        assert validate(bad_checksum(), now=timezone.now()).inactive is Inactive.MALFORMED
    assert statements.sql == []


# --- Queries ---------------------------------------------------------------------------------------------------------


def prepared(state: str, issued: Any) -> tuple[str, AbstractContextManager[Any]]:
    """The token to ask about, and when."""
    if state == "unknown":
        return token_format.generate(), nullcontext()
    if state == "revoked":
        alter(issued.token, revoked_at=timezone.now())
    if state == "expired":
        return issued.plaintext, time_machine.travel(issued.token.expires_at + timedelta(days=1))
    return issued.plaintext, nullcontext()


@pytest.mark.parametrize("shares_profile", [True, False])
@pytest.mark.parametrize("state", ["found", "unknown", "revoked", "expired"])
def test_val1_a_validation_is_two_selects_and_no_write(
    client: Client, server: Any, alice: User, application: TrustedApplication, state: str, shares_profile: bool
) -> None:
    ResourceServer.objects.update(shares_profile=shares_profile)
    plaintext, moment = prepared(state, issued_pat(alice, application))
    with moment, Statements() as statements:
        introspect(client, server, plaintext)
    assert statements.verbs == ["SELECT", "SELECT"]


def test_val1_two_selects_with_an_old_key_in_the_ring_too(
    client: Client, server: Any, settings: Settings, alice: User, application: TrustedApplication
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    settings.TOKEN_HASH_KEYS = ["newer-0123456789abcdefghijklmnopqrstuvwxyz", *settings.TOKEN_HASH_KEYS]
    with Statements() as statements:
        assert is_active(client, server, plaintext)
    assert statements.verbs == ["SELECT", "SELECT"]


# --- The function by itself ------------------------------------------------------------------------------------------


def test_val1_without_a_server_a_token_of_any_application_is_good(alice: User, application: TrustedApplication) -> None:
    decision = validate(issued_pat(alice, application).plaintext, now=timezone.now())
    assert decision.is_active
    assert decision.record is not None
    assert decision.record.holder is not None
    assert decision.record.holder.username == "alice"


def test_val1_without_a_server_an_unknown_token_is_unknown(db: None) -> None:
    assert validate(token_format.generate(), now=timezone.now()).inactive is Inactive.UNKNOWN


def test_val1_groups_are_read_only_for_a_server_that_may_have_them(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    alice.groups.add(Group.objects.create(name="staff"))
    decision = validate(issued_pat(alice, application).plaintext, now=timezone.now())
    assert decision.record is not None
    assert decision.record.groups == ()


def test_tok8_a_token_on_its_way_to_revocation_is_found_by_its_value_in_any_state(
    alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    alter(issued.token, revoked_at=timezone.now())
    assert token_id_of(issued.plaintext) == issued.token.pk


@pytest.mark.parametrize("text", ["", "enrt_x", UNKNOWN])
def test_tok8_no_token_is_found_by_another_value(db: None, text: str) -> None:
    assert token_id_of(text) is None


def test_tok13_looking_a_token_up_is_not_a_use_of_it(alice: User, application: TrustedApplication) -> None:
    token_id_of(issued_pat(alice, application).plaintext)
    assert recorder.flush() == 0


def test_val1_the_answer_is_json_in_ascii(client: Client, server: Any, application: TrustedApplication) -> None:
    ResourceServer.objects.update(shares_profile=True)
    person = UserFactory.create(name="Zażółć Gęślą")
    response = introspect(client, server, issued_pat(person, application).plaintext)
    assert response.content.isascii()
    assert json.loads(response.content)["name"] == "Zażółć Gęślą"


# --- T8: no second path ----------------------------------------------------------------------------------------------


def lookups_by_digest(path: Path) -> list[str]:
    """Calls like `….filter(digest=…)` in one file."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            is_lookup = node.func.attr in {"filter", "exclude", "get", "aget", "get_or_create", "Q", "extra", "raw"}
            names = [keyword.arg or "" for keyword in node.keywords]
            # digest__length is the database's own check of a column.
            if is_lookup and any("digest" in name and name != "digest__length" for name in names):
                found.append(f"{path.name}:{node.lineno}")
    return found


def test_t8_only_validation_looks_a_token_up_by_its_digest() -> None:
    # The two layers below know nothing of tokens; what they look up by a digest is a mailed link.
    packages = ("reference_tokens", "profile_site", "instance_manager", "tokens_project")
    files = [
        file for package in packages for file in (PROJECT / package).rglob("*.py") if "migrations" not in file.parts
    ]
    lookups = [lookup for file in files for lookup in lookups_by_digest(file)]
    assert len(files) > 40
    assert [lookup.partition(":")[0] for lookup in lookups] == ["validate.py"]


def test_t8_digests_are_computed_only_where_they_are_stored_or_looked_up() -> None:
    users = {
        path.name
        for path in (PROJECT / "reference_tokens").rglob("*.py")
        if ".digest(" in path.read_text() or ".digests(" in path.read_text()
    }
    stored, looked_up = {"issuance.py", "resource_server_registration.py"}, {"callers.py", "validate.py"}
    assert users == {"hashing.py", *stored, *looked_up}
