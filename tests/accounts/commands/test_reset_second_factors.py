from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from accounts.second_factors.factors import has_second_factor
from tests.command_line import Runner
from tests.pages import AFTER_SIGN_IN, LOGIN_URL, give_password
from tests.second_factors import app_of, passkey_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_the_operator_lets_a_locked_out_person_in(command: Runner, administrator: User) -> None:
    app_of(give_password(administrator))
    passkey_of(administrator)
    outcome = command("reset_second_factors", "ADA")
    assert (outcome.status, outcome.stdout) == (0, "Removed the second factors of ada, 2 in number.\n")
    assert not has_second_factor(administrator)
    event = AuditEvent.objects.order_by("-seq")[0]
    assert (event.action, event.actor_type, event.target_id) == ("factor:reset", "operator", str(administrator.pk))


def test_it_prints_one_json_object(command: Runner, alice: User) -> None:
    assert command("reset_second_factors", "alice", "--json").json == {"username": "alice", "removed": 0}


def test_it_says_where_there_is_nothing_to_remove(command: Runner, alice: User) -> None:
    assert command("reset_second_factors", "alice").stdout == "alice has no second factor.\n"


def test_nobody_of_that_name_is_an_error(command: Runner) -> None:
    outcome = command("reset_second_factors", "nobody")
    assert (outcome.status, outcome.stderr) == (1, "Error: there is no user named nobody.\n")


def test_the_last_administrator_whose_only_passkey_is_lost_comes_back_by_a_password_first(
    command: Runner, administrator: User
) -> None:
    passkey_of(administrator)
    outcome = command("reset_second_factors", "ada")
    assert (outcome.status, outcome.stdout) == (1, "")
    assert "changepassword ada" in outcome.stderr
    assert has_second_factor(administrator)

    assert command("changepassword", "ada", stdin="a new one for an old hand\n").status == 0
    assert command("reset_second_factors", "ada").status == 0
    browser = Client()
    answer = browser.post(LOGIN_URL, {"login": "ada", "password": "a new one for an old hand"})
    assert answer.headers["Location"] == AFTER_SIGN_IN
    assert browser.get("/manage/").status_code == 200
