from __future__ import annotations

import pytest
from pytest_django import Settings

from accounts.models import User
from reference_tokens.models import ReferenceToken, ResourceServer
from reference_tokens.validation.callers import authenticate
from tests.command_line import Runner, nothing_stored
from tests.factories import made_applications
from trusted_apps.models import TrustedApplication


def test_run1_quickstart_creates_the_example_instance(command: Runner) -> None:
    document = command("quickstart", "--json").json
    assert document.keys() == {"created", "url", "passwords", "client_id", "client_secret"}
    users = User.objects.order_by("username").values_list("username", "kind", "is_administrator")
    assert list(users) == [("admin", "PERSON", True), ("alice", "PERSON", False), ("robot", "SYSTEM", False)]
    applications = made_applications().values_list("access_tokens_policy", "is_enabled")
    assert set(applications) == {
        ("None", True),
        ("AuthenticatedUsers", True),
        ("AdministratorsOnly", True),
        ("AuthenticatedUsers", False),
    }


def test_run1_passwords_and_secret_of_the_example_are_good(command: Runner) -> None:
    document = command("quickstart", "--json").json
    assert document["passwords"].keys() == {"admin", "alice"}
    for username, password in document["passwords"].items():
        assert User.objects.get(username=username).check_password(password)
    assert authenticate(document["client_id"], document["client_secret"])


def test_run1_mails_reach_the_people_of_the_example(command: Runner) -> None:
    command("quickstart")
    command("issue_token", "--application", "com.example/excel", "--user", "alice")
    document = command("housekeeping", "--json").json
    assert (document["people_without_address"], document["applications_without_owner"]) == (0, 0)
    assert set(User.objects.filter(kind="PERSON").values_list("email", flat=True)) == {
        "admin@example.com",
        "alice@example.com",
    }


def test_run1_example_application_issues_both_kinds(command: Runner) -> None:
    command("quickstart")
    assert command("issue_token", "--application", "com.example/excel", "--user", "alice").status == 0
    assert command("issue_token", "--application", "com.example/excel", "--service").status == 0
    assert ReferenceToken.objects.count() == 2


def test_run1_quickstart_prints_addresses_passwords_and_curl_lines(command: Runner, settings: Settings) -> None:
    settings.BASE_URL = "https://tokens.example.com"
    outcome = command("quickstart")
    server = ResourceServer.objects.get()
    assert (outcome.status, outcome.stderr) == (0, "")
    assert "https://tokens.example.com/profile/" in outcome.stdout
    assert "https://tokens.example.com/manage/" in outcome.stdout
    assert outcome.stdout.count(f'curl -s -w "\\n" -u {server.client_id}:enrs_') == 2


def test_run2_in_production_quickstart_makes_nobody_and_says_how_to_begin(command: Runner, settings: Settings) -> None:
    settings.IS_PRODUCTION = True
    with nothing_stored():
        document = command("quickstart", "--json").json
        printed = command("quickstart")
    assert (document, printed.status) == ({"created": False, "url": settings.BASE_URL}, 0)
    assert "Production has no example people; nothing was created." in printed.stdout
    assert "manage.py create_user NAME --email ADDRESS --administrator --password-stdin" in printed.stdout


def test_run1_lines_to_paste_carry_the_settings_that_were_given(command: Runner, settings: Settings) -> None:
    settings.GIVEN_SETTINGS = {"DATA_DIR": "/srv/a place", "PORT": "8001"}
    settings.GIVEN_SECRETS = ["DATABASE_URL", "SECRET_KEY"]
    lines = [line.strip() for line in command("quickstart").stdout.splitlines()]
    manage = "DATA_DIR='/srv/a place' PORT=8001 .venv/bin/python manage.py"
    assert f"TOKEN=$({manage} issue_token --application com.example/excel --user alice)" in lines
    assert f'printf %s "$TOKEN" | {manage} revoke_tokens --token-stdin --yes' in lines
    assert "In another shell, set DATABASE_URL, SECRET_KEY first, as here." in lines


def test_run1_line_for_the_first_administrator_carries_the_settings_too(command: Runner, settings: Settings) -> None:
    settings.IS_PRODUCTION = True
    settings.GIVEN_SETTINGS, settings.GIVEN_SECRETS = {"BASE_URL": "https://tokens.example.com"}, ["SECRET_KEY"]
    lines = command("quickstart").stdout.splitlines()
    manage = "BASE_URL=https://tokens.example.com .venv/bin/python manage.py"
    assert f"{manage} create_user NAME --email ADDRESS --administrator --password-stdin" in lines
    assert "In another shell, set SECRET_KEY first, as here." in lines


def test_run1_lines_to_paste_need_nothing_where_nothing_was_given(command: Runner, settings: Settings) -> None:
    settings.GIVEN_SETTINGS, settings.GIVEN_SECRETS = {}, []
    outcome = command("quickstart")
    assert "  TOKEN=$(.venv/bin/python manage.py issue_token" in outcome.stdout
    assert "In another shell" not in outcome.stdout


def test_run1_second_quickstart_creates_nothing_and_prints_no_secret(command: Runner, settings: Settings) -> None:
    settings.MAIL_FOLDER = ""
    first = command("quickstart", "--json").json
    with nothing_stored():
        second = command("quickstart")
    assert second.stdout == (
        f"This instance has users already; nothing was created. {settings.PRODUCT_NAME}: {settings.BASE_URL}\n"
    )
    assert not [secret for secret in (*first["passwords"].values(), first["client_secret"]) if secret in second.stdout]


def test_run1_quickstart_says_where_the_mails_go(command: Runner, settings: Settings) -> None:
    settings.MAIL_FOLDER = "/srv/tokens/mail"
    line = "Mails are written to files in /srv/tokens/mail; set EMAIL_URL to send them."
    assert [line in command("quickstart").stdout.splitlines() for _ in range(2)] == [True, True]
    settings.MAIL_FOLDER = ""
    assert "Mails" not in command("quickstart").stdout


def test_run1_quickstart_does_nothing_where_there_is_one_user(command: Runner, alice: User) -> None:
    with nothing_stored():
        document = command("quickstart", "--json").json
    assert document.keys() == {"created", "url"}
    assert document["created"] is False


@pytest.mark.parametrize("taken", ["application", "server"])
def test_run1_example_is_created_whole_or_not_at_all(
    command: Runner, request: pytest.FixtureRequest, taken: str
) -> None:
    if taken == "application":
        TrustedApplication.objects.create(application_uri="com.example/legacy", name="Mine")
    else:
        ResourceServer.objects.create(client_id="rs_mine", name="Example API")
    with nothing_stored():
        assert command("quickstart").is_one_line_of_refusal


@pytest.mark.once
def test_quickstart_refuses_wrong_usage(command: Runner) -> None:
    assert command("quickstart", "extra").is_wrong_usage
