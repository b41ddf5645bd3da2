"""What cannot be meant, whatever is stored, ends a command as an unknown option does: exit status 2, nothing done."""

from __future__ import annotations

import pytest

from accounts.models import User
from tests.command_line import Runner, nothing_stored
from trusted_apps.models import TrustedApplication

ISSUE = ("issue_token", "--application", "com.example/excel", "--user", "alice")
APPLICATIONS = "name the applications with --application, or all with --all-applications."
STANDARD_INPUT = "--token-stdin needs --yes: standard input cannot answer a question as well."
DAYS = "--expires-in-days: give a whole number from 1 to 36500."
WHOSE = "--name and --email are of the first administrator: give their user name too."
TIME = "give a time like 2027-01-31T12:00:00Z."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["create_resource_server", "Orders API"], APPLICATIONS),
        (["create_resource_server", "Orders API", "--all-applications", "--application", "a"], APPLICATIONS),
        ([*ISSUE, "--expires-in-days", "0"], DAYS),
        ([*ISSUE, "--expires-in-days", "-1"], DAYS),
        ([*ISSUE, "--expires-in-days", "9" * 30], DAYS),
        ([*ISSUE, "--expires-at", "soon"], f"--expires-at: {TIME}"),
        ([*ISSUE, "--expires-at", ""], f"--expires-at: {TIME}"),
        (["revoke_tokens", "--token-stdin"], STANDARD_INPUT),
        (["suspend_tokens", "--token-stdin"], STANDARD_INPUT),
        (["resume_tokens", "--token-stdin"], STANDARD_INPUT),
        (["revoke_tokens", "--issued-before", "soon", "--yes"], f"--issued-before: {TIME}"),
        (["suspend_tokens", "--issued-before", "", "--yes"], f"--issued-before: {TIME}"),
        (["apply", "-"], "give --yes or --check: standard input cannot answer a question as well."),
        (["apply", "-", "--yes", "--markdown"], "--markdown is for a plan: give --check too."),
        (["apply", "-", "--check", "--markdown", "--json"], "give --markdown or --json, not both."),
        (["init", "--environment-file", "/nowhere/file", "--email", "ada@example.com"], WHOSE),
        (["init", "--environment-file", "/nowhere/file", "--name", "Ada"], WHOSE),
        (["init"], "give the user name of the first administrator, or --environment-file."),
    ],
)
def test_options_that_do_not_fit_are_wrong_usage(
    command: Runner, alice: User, application: TrustedApplication, arguments: list[str], message: str
) -> None:
    with nothing_stored():
        outcome = command(*arguments, stdin="enrt_1\n")
    assert outcome.is_one_line_of_wrong_usage
    assert outcome.stderr == f"Error: {message}\n"
