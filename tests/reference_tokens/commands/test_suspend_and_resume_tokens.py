from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEvent, OutboxEntry, User
from reference_tokens.models import ReferenceToken
from tests.command_line import Runner, nothing_stored
from tests.factories import alter, issued_pat, rotated
from tests.reference_tokens.commands.answering import Meanwhile, Terminal
from tests.reference_tokens.commands.issued import Issued
from trusted_apps.models import TrustedApplication

ALL = "old new of_bob sat"
CHOICES = pytest.mark.parametrize(
    ("arguments", "count", "live"),
    [
        (["--id", "ID"], 1, "new of_bob sat"),
        (["--token-stdin"], 1, "new of_bob sat"),
        (["--user", "ALICE"], 2, "of_bob sat"),
        (["--application", "com.example/EXCEL"], 3, "new"),
        (["--server", "rs_word"], 1, "old of_bob sat"),
        (["--issued-before", "DAY"], 1, "new of_bob sat"),
        (["--all"], 4, ""),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)


def words_for(issued: Issued, arguments: list[str]) -> list[str]:
    day_before = (timezone.now() - timedelta(days=1)).isoformat()
    return [{"ID": str(issued.old.token.pk), "DAY": day_before}.get(word, word) for word in arguments]


@CHOICES
def test_tok9_each_choice_suspends_those_it_names_and_resumes_them(
    command: Runner, issued: Issued, arguments: list[str], count: int, live: str
) -> None:
    arguments, stdin = words_for(issued, arguments), f"{issued.old.plaintext}\n"
    assert command("suspend_tokens", *arguments, "--yes", "--json", stdin=stdin).json["suspended"] == count
    assert issued.live() == live
    assert command("resume_tokens", *arguments, "--yes", "--json", stdin=stdin).json == {"resumed": count}
    assert issued.live() == ALL


@pytest.mark.parametrize(("name", "done"), [("suspend_tokens", "Suspended"), ("resume_tokens", "Resumed")])
def test_tok9_twice_is_no_error_and_counts_none(command: Runner, issued: Issued, name: str, done: str) -> None:
    command("suspend_tokens", "--user", "alice", "--yes")
    command(name, "--user", "alice", "--yes")
    with nothing_stored():
        outcome = command(name, "--user", "alice", "--yes")
    assert outcome.stdout == f"{done} 0 tokens.\n"


def test_tok9_many_are_one_entry_and_are_resumed_together_by_its_id(command: Runner, issued: Issued) -> None:
    command("suspend_tokens", "--id", str(issued.sat.token.pk), "--yes")
    done = command("suspend_tokens", "--all", "--reason", "Under investigation", "--yes", "--json").json
    entry = AuditEvent.objects.get(action="token:suspend_many")
    assert (entry.source, entry.actor_type, entry.target_id) == ("command", "operator", done["suspension"])
    assert entry.details == {"chosen_by": {"all": True}, "count": 3, "reason": "Under investigation"}
    assert command("resume_tokens", "--suspension", done["suspension"], "--yes", "--json").json == {"resumed": 3}
    assert issued.live() == "old new of_bob"
    assert AuditEvent.objects.get(action="token:resume_many").target_id == done["suspension"]


def test_tok9_how_it_is_undone_is_said(command: Runner, issued: Issued) -> None:
    outcome = command("suspend_tokens", "--user", "alice", "--yes")
    suspension = AuditEvent.objects.get(action="token:suspend_many").target_id
    assert outcome.stdout == f"Suspended 2 tokens.\nTo undo it: resume_tokens --suspension {suspension}\n"


def test_tok9_how_one_is_undone_is_said_with_each_old_value_beside_it(command: Runner, issued: Issued) -> None:
    new, old = rotated(issued.of_bob.token).token, issued.of_bob.token
    lines = command("suspend_tokens", "--id", str(new.pk), "--yes").stdout.splitlines()
    undoing = [line.removeprefix("To undo it: resume_tokens ") for line in lines[2:]]
    assert undoing == [f"--id {new.pk}", f"--id {old.pk}"]
    assert command("suspend_tokens", "--id", str(new.pk), "--yes").stdout.startswith("Suspended 0 tokens.\n")
    for option in undoing:
        command("resume_tokens", *option.split(), "--yes")
    assert issued.live() == ALL
    kept = command("suspend_tokens", "--id", str(new.pk), "--keep-old-values", "--yes").stdout
    assert kept.splitlines()[2:] == [f"To undo it: resume_tokens --id {new.pk}"]


def test_tok15_owners_are_mailed_that_their_tokens_are_suspended(command: Runner, issued: Issued) -> None:
    User.objects.filter(username="alice").update(email="alice@example.com")
    command("suspend_tokens", "--user", "alice", "--yes")
    assert OutboxEntry.objects.count() == 1


def test_aud1_a_single_token_is_recorded_as_itself(command: Runner, issued: Issued) -> None:
    named = ["--id", str(issued.sat.token.pk), "--yes"]
    command("suspend_tokens", *named, "--reason", "Perhaps leaked")
    command("resume_tokens", *named)
    suspended, resumed = AuditEvent.objects.filter(action__in=["token:suspend", "token:resume"]).order_by("seq")
    assert (suspended.details, resumed.details) == ({"reason": "Perhaps leaked"}, {})
    assert {suspended.target_id, resumed.target_id} == {str(issued.sat.token.pk)}


def test_tok10_old_values_are_suspended_too_unless_they_are_to_be_kept(command: Runner, issued: Issued) -> None:
    new = rotated(issued.of_bob.token).token
    named = ["--id", str(new.pk), "--yes", "--json"]
    old = {"id": str(issued.of_bob.token.pk), "hint": issued.of_bob.token.hint}
    kept = command("suspend_tokens", *named, "--keep-old-values").json
    assert kept["suspended"] == 1
    assert {name: kept["old_values"][0][name] for name in ("id", "hint", "suspended")} == old | {"suspended": False}
    command("resume_tokens", *named)
    done = command("suspend_tokens", *named).json
    assert done["suspended"] == 2
    assert done["old_values"][0]["suspended"] is True
    assert ReferenceToken.objects.filter(suspended_at=None).count() == 3


def test_tok9_a_resumption_says_which_old_values_stay_suspended(command: Runner, issued: Issued) -> None:
    new = rotated(issued.of_bob.token).token
    command("suspend_tokens", "--id", str(new.pk), "--yes")
    outcome = command("resume_tokens", "--id", str(new.pk), stdin=Terminal("yes\n"))
    old = ReferenceToken.objects.get(pk=issued.of_bob.token.pk)
    assert old.suspended_at
    assert "Resume 1 token? These old values beside them stay suspended: " in outcome.stderr
    resumed, left = outcome.stdout.splitlines()
    assert resumed == "Resumed 1 token."
    assert left.startswith(f"The old value {old.hint} stays suspended until ")
    assert left.endswith(f": {old.pk}")


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("suspend_tokens", "Suspend 1 token? What uses them fails at once, until they are resumed. Type yes: "),
        ("resume_tokens", "Resume 1 token? They are good again at once. Type yes: "),
    ],
)
def test_a_question_is_asked_and_answered_at_the_terminal(
    command: Runner, issued: Issued, name: str, question: str
) -> None:
    if name == "resume_tokens":
        command("suspend_tokens", "--user", "bob", "--yes")
    before = issued.live()
    outcome = command(name, "--user", "bob", stdin=Terminal("no\n"))
    assert (outcome.status, outcome.stdout) == (1, "")
    assert outcome.stderr.startswith(f"{question}Error: nothing was ")
    assert issued.live() == before
    assert command(name, "--user", "bob", stdin=Terminal("yes\n")).status == 0
    assert issued.live() != before


@pytest.mark.parametrize("name", ["suspend_tokens", "resume_tokens"])
def test_many1_where_other_tokens_are_meant_after_the_question_it_asks_again(
    command: Runner, issued: Issued, bob: User, application: TrustedApplication, name: str
) -> None:
    def one_more() -> None:
        token = issued_pat(bob, application).token
        if name == "resume_tokens":
            alter(token, suspended_at=timezone.now())

    if name == "resume_tokens":
        command("suspend_tokens", "--user", "bob", "--yes")
    outcome = command(name, "--user", "bob", stdin=Meanwhile(one_more, "yes\n", "no\n"))
    assert outcome.status == 1
    assert "these are other tokens than those you were asked about." in outcome.stderr
    assert " 2 tokens? " in outcome.stderr


@pytest.mark.parametrize("name", ["suspend_tokens", "resume_tokens"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--all"], "give --yes to {verb} without being asked."),
        (["--token-stdin", "--yes"], "no token on standard input."),
        (["--id", "7", "--yes"], "there is no such token."),
        (["--id", str(uuid.UUID(int=7)), "--yes"], "there is no such token."),
        (["--user", "nobody", "--yes"], "there is no user named nobody."),
        (["--application", "com.example/new", "--yes"], "there is no Trusted Application com.example/new."),
        (["--server", "rs_nobody", "--yes"], "there is no such Resource Server."),
    ],
)
def test_bad_input_is_refused_in_one_line_and_changes_nothing(
    command: Runner, issued: Issued, name: str, arguments: list[str], message: str
) -> None:
    if name == "resume_tokens":
        command("suspend_tokens", "--all", "--yes")
    before = issued.live()
    with nothing_stored():
        outcome = command(name, *arguments)
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr == f"Error: {message.format(verb=name.partition('_')[0])}\n"
    assert issued.live() == before


@pytest.mark.parametrize("suspension", ["7", "", str(uuid.UUID(int=7))])
def test_a_suspension_that_never_was_is_refused(command: Runner, issued: Issued, suspension: str) -> None:
    outcome = command("resume_tokens", "--suspension", suspension, "--yes")
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr == "Error: there is no such suspension.\n"


@pytest.mark.parametrize("name", ["suspend_tokens", "resume_tokens"])
@pytest.mark.parametrize("arguments", [[], ["--yes"], ["--all", "--user", "alice"], ["--token", "enrt_1"]])
@pytest.mark.once
def test_exactly_one_choice_is_taken(command: Runner, issued: Issued, name: str, arguments: list[str]) -> None:
    with nothing_stored():
        assert command(name, *arguments).is_wrong_usage
