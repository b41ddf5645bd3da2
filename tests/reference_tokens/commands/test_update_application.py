"""POL-6 at the command line: a tighter rule is saved without a question, and how many tokens it leaves outside is said.

What `update_application` shares with `create_application` is tried in tests/trusted_apps/test_application_commands.py.
"""

from __future__ import annotations

import pytest

from accounts.models import AuditEvent, User
from reference_tokens.models import ReferenceToken
from tests.command_line import Runner
from tests.factories import issued_pat, issued_sat
from trusted_apps.models import TrustedApplication

URI = "com.example/excel"


@pytest.fixture(autouse=True)
def tokens(alice: User, administrator: User, application: TrustedApplication) -> None:
    issued_pat(alice, application, scopes=["update"])
    issued_pat(administrator, application)
    issued_sat(application)


@pytest.mark.parametrize(
    ("arguments", "outside"),
    [
        (["--access-tokens", "AdministratorsOnly"], 1),
        (["--access-tokens", "None"], 3),
        (["--max-lifetime-days", "7"], 3),
        (["--scopes", "read"], 1),
        (["--name", "Word"], 0),
        (["--disabled"], 0),
    ],
)
def test_pol6_it_counts_what_could_not_be_issued_any_more_and_touches_nothing(
    command: Runner, arguments: list[str], outside: int
) -> None:
    assert command("update_application", URI, *arguments, "--json").json["outside_policy"] == outside
    assert ReferenceToken.objects.filter(revoked_at=None).count() == 3
    assert AuditEvent.objects.order_by("-seq").values_list("action", flat=True)[0] == "application:update"


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("AdministratorsOnly", "It has 1 live token that could not be issued today (revoke_tokens ends them).\n"),
        ("None", "It has 3 live tokens that could not be issued today (revoke_tokens ends them).\n"),
        ("AuthenticatedUsers", ""),
    ],
)
def test_pol6_it_says_so_in_a_line(command: Runner, policy: str, said: str) -> None:
    outcome = command("update_application", URI, "--access-tokens", policy)
    assert outcome.stdout == f"com.example/excel is enabled; its AccessTokens policy is {policy}.\n{said}"


def test_owners_are_cleared(command: Runner, alice: User, application: TrustedApplication) -> None:
    application.owners.set([alice])
    assert command("update_application", URI, "--name", "Word").status == 0
    assert list(application.owners.all()) == [alice]
    assert command("update_application", URI, "--no-owner").status == 0
    assert not application.owners.exists()
