"""Django's own commands about people: ours act by the rules and are recorded, the others are refused."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import AuditEvent, User
from tests.command_line import Runner
from tests.factories import UserFactory
from tests.pages import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CHOSEN = "quiet heron under the bridge"


def test_a_password_is_changed_as_a_person_changes_it(command: Runner, alice: User) -> None:
    client = signed_in(alice)
    assert command("changepassword", "ALICE", stdin=f"{CHOSEN}\n").stdout == "Changed the password of alice.\n"
    alice.refresh_from_db()
    assert alice.check_password(CHOSEN)
    assert client.get("/profile/").status_code == 302
    event = AuditEvent.objects.get(action="user:change_password")
    assert (event.source, event.target_id) == ("command", str(alice.pk))


def test_t52_a_weak_password_is_refused(command: Runner, alice: User) -> None:
    outcome = command("changepassword", "alice", stdin="password\n")
    assert (outcome.status, outcome.stderr.count("\n")) == (1, 1)
    assert not AuditEvent.objects.filter(action="user:change_password").exists()


def test_peo1_a_system_user_is_given_none(command: Runner, db: Any) -> None:
    UserFactory.create(username="robot", system=True)
    outcome = command("changepassword", "robot", stdin=f"{CHOSEN}\n")
    assert (outcome.status, outcome.stderr.count("\n")) == (1, 1)
    assert "robot cannot sign in" in outcome.stderr


@pytest.mark.parametrize(
    ("words", "ours"),
    [
        (["createsuperuser"], "create_user"),
        (["loaddata", "people.json"], "create_user"),
        (["flush", "--no-input"], "migrate"),
    ],
)
def test_what_would_act_past_the_record_is_refused_in_one_line(command: Runner, words: list[str], ours: str) -> None:
    outcome = command(*words)
    assert (outcome.status, outcome.stdout, outcome.stderr.count("\n")) == (1, "", 1)
    assert ours in outcome.stderr
    assert not User.objects.exists()


def test_an_instance_is_not_emptied_of_its_audit_log(command: Runner, alice: User) -> None:
    assert command("flush", "--no-input").status == 1
    assert User.objects.filter(pk=alice.pk).exists()
    assert "Refused" in command("flush", "--help").stdout
