from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import AuditEvent, User
from reference_tokens.models import ReferenceToken
from reference_tokens.token_values.token_format import generate
from tests.command_line import Runner, nothing_stored
from tests.factories import alter, issued_pat, rotated
from tests.reference_tokens.commands.answering import Meanwhile, Terminal
from tests.reference_tokens.commands.issued import Issued
from trusted_apps.models import TrustedApplication


@pytest.mark.parametrize(
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
def test_tok8_each_choice_revokes_those_it_names_and_no_other(
    command: Runner, issued: Issued, arguments: list[str], count: int, live: str
) -> None:
    day_before = (timezone.now() - timedelta(days=1)).isoformat()
    arguments = [{"ID": str(issued.old.token.pk), "DAY": day_before}.get(word, word) for word in arguments]
    outcome = command("revoke_tokens", *arguments, "--yes", "--json", stdin=f"{issued.old.plaintext}\n")
    assert outcome.json == {"revoked": count}
    assert issued.live() == live


@pytest.mark.parametrize(("user", "words"), [("alice", "Revoked 2 tokens."), ("bob", "Revoked 1 token.")])
def test_revoke_tokens_says_how_many(command: Runner, issued: Issued, user: str, words: str) -> None:
    outcome = command("revoke_tokens", "--user", user, "--yes")
    assert (outcome.status, outcome.stdout, outcome.stderr) == (0, f"{words}\n", "")


@pytest.mark.parametrize("arguments", [["--user", "alice"], ["--all"], ["--id", "ID"]])
def test_tok8_revoking_twice_is_no_error_and_counts_none(command: Runner, issued: Issued, arguments: list[str]) -> None:
    arguments = [str(issued.old.token.pk) if word == "ID" else word for word in arguments]
    command("revoke_tokens", *arguments, "--yes")
    with nothing_stored():
        assert command("revoke_tokens", *arguments, "--yes", "--json").json == {"revoked": 0}


def test_tok8_token_on_standard_input_revoked_twice_counts_none(command: Runner, issued: Issued) -> None:
    command("revoke_tokens", "--token-stdin", "--yes", stdin=issued.sat.plaintext)
    outcome = command("revoke_tokens", "--token-stdin", "--yes", stdin=issued.sat.plaintext)
    assert (outcome.status, outcome.stdout) == (0, "Revoked 0 tokens.\n")


def test_tok8_expired_and_revoked_tokens_are_not_counted(command: Runner, issued: Issued) -> None:
    alter(issued.old.token, expires_at=timezone.now() - timedelta(seconds=1))
    command("revoke_tokens", "--id", str(issued.new.token.pk), "--yes")
    assert command("revoke_tokens", "--all", "--yes", "--json").json == {"revoked": 2}


def test_tok9_suspended_token_is_revoked_and_counted(command: Runner, issued: Issued) -> None:
    alter(issued.old.token, suspended_at=timezone.now())
    assert command("revoke_tokens", "--user", "alice", "--yes", "--json").json == {"revoked": 2}


def test_tok8_many_are_one_entry_that_the_tokens_point_to(command: Runner, issued: Issued, alice: User) -> None:
    command("revoke_tokens", "--user", "alice", "--reason", "Laptop stolen", "--yes")
    event = AuditEvent.objects.get(action="token:revoke_many")
    pointing = ReferenceToken.objects.filter(revocation_id=event.target_id)
    assert event.details == {"chosen_by": {"user": str(alice.pk)}, "count": 2, "reason": "Laptop stolen"}
    assert set(pointing.values_list("holder", "revocation_source", "revocation_reason")) == {
        (alice.pk, "command", "Laptop stolen")
    }
    assert pointing.count() == 2


@pytest.mark.parametrize(
    ("arguments", "chosen_by"),
    [
        (["--all"], {"all": True}),
        (["--issued-before", "2100-01-01T00:00:00+01:00"], {"issued_before": "2099-12-31T23:00:00+00:00"}),
    ],
)
def test_aud1_entry_names_the_filter(
    command: Runner, issued: Issued, arguments: list[str], chosen_by: dict[str, object]
) -> None:
    command("revoke_tokens", *arguments, "--yes")
    assert AuditEvent.objects.get(action="token:revoke_many").details["chosen_by"] == chosen_by


def test_aud1_single_token_is_recorded_as_itself(command: Runner, issued: Issued) -> None:
    command("revoke_tokens", "--token-stdin", "--yes", "--reason", "Leaked", stdin=issued.sat.plaintext)
    event = AuditEvent.objects.get(action="token:revoke")
    assert (event.target_id, event.details) == (str(issued.sat.token.pk), {"reason": "Leaked"})


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (["--all"], "", "give --yes to revoke without being asked."),
        (["--all"], "yes\n", "give --yes to revoke without being asked."),
        (["--token-stdin", "--yes"], "", "no token on standard input."),
        (["--token-stdin", "--yes"], "enrt_123\n", "there is no such token."),
        (["--token-stdin", "--yes"], "OTHER\n", "there is no such token."),
        (["--id", "7", "--yes"], "", "there is no such token."),
        (["--id", "", "--yes"], "", "there is no such token."),
        (["--id", str(uuid.uuid4()), "--yes"], "", "there is no such token."),
        (["--user", "nobody", "--yes"], "", "there is no user named nobody."),
        (["--user", "", "--yes"], "", "there is no user named ."),
        (["--application", "com.example/new", "--yes"], "", "there is no Trusted Application com.example/new."),
        (["--application", "", "--yes"], "", "there is no Trusted Application ."),
        (["--server", "rs_nobody", "--yes"], "", "there is no such Resource Server."),
        (["--all", "--yes", "--reason", "a\nb"], "", "Remove the invisible characters."),
    ],
)
def test_revoke_tokens_refuses_bad_input_in_one_line_and_revokes_nothing(
    command: Runner, issued: Issued, arguments: list[str], stdin: str, message: str
) -> None:
    stdin = stdin.replace("TOKEN", issued.old.plaintext).replace("OTHER", generate())
    with nothing_stored():
        outcome = command("revoke_tokens", *arguments, stdin=stdin)
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr == f"Error: {message}\n"
    assert issued.live() == "old new of_bob sat"


def test_revoke_tokens_does_not_ask_where_there_is_nothing_to_revoke(command: Runner, alice: User) -> None:
    assert command("revoke_tokens", "--user", "alice", "--json").json == {"revoked": 0}


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--yes"],
        ["--all", "--user", "alice"],
        ["--id", "7", "--token-stdin"],
        ["--token", "enrt_1"],
        ["--token-stdin", "enrt_1"],
    ],
)
@pytest.mark.once
def test_revoke_tokens_takes_exactly_one_choice_and_no_token_as_an_argument(
    command: Runner, issued: Issued, arguments: list[str]
) -> None:
    with nothing_stored():
        assert command("revoke_tokens", *arguments).is_wrong_usage
    assert issued.live() == "old new of_bob sat"


@pytest.mark.parametrize("answer", ["yes\n", " YES \n"])
def test_revoke_tokens_revokes_when_the_terminal_says_yes(command: Runner, issued: Issued, answer: str) -> None:
    outcome = command("revoke_tokens", "--user", "bob", "--json", stdin=Terminal(answer))
    assert outcome.json == {"revoked": 1}
    assert outcome.stderr == "Revoke 1 token? This cannot be undone. Type yes: "


@pytest.mark.parametrize("answer", ["", "\n", "y\n", "no\n", "yes please\n"])
@pytest.mark.once
def test_revoke_tokens_revokes_nothing_when_the_terminal_says_anything_else(
    command: Runner, issued: Issued, answer: str
) -> None:
    with nothing_stored():
        outcome = command("revoke_tokens", "--all", stdin=Terminal(answer))
    assert (outcome.status, outcome.stdout) == (1, "")
    assert outcome.stderr.endswith("Revoke 4 tokens? This cannot be undone. Type yes: Error: nothing was revoked.\n")
    assert issued.live() == "old new of_bob sat"


def test_many1_where_other_tokens_are_meant_after_the_question_it_says_so_and_asks_again(
    command: Runner, issued: Issued, bob: User, application: TrustedApplication
) -> None:
    terminal = Meanwhile(lambda: issued_pat(bob, application), "yes\n", "no\n")
    with nothing_revoked():
        outcome = command("revoke_tokens", "--user", "bob", stdin=terminal)
    assert outcome.status == 1
    assert outcome.stderr == (
        "Revoke 1 token? This cannot be undone. Type yes: "
        "Nothing was revoked: these are other tokens than those you were asked about.\n"
        "Revoke 2 tokens? This cannot be undone. Type yes: Error: nothing was revoked.\n"
    )


def test_many1_as_many_tokens_that_are_not_the_same_are_asked_about_again(
    command: Runner, issued: Issued, bob: User, application: TrustedApplication
) -> None:
    def exchange() -> None:
        issued_pat(bob, application)
        alter(issued.of_bob.token, revoked_at=timezone.now())

    outcome = command("revoke_tokens", "--user", "bob", "--json", stdin=Meanwhile(exchange, "yes\n", "yes\n"))
    assert outcome.json == {"revoked": 1}
    assert outcome.stderr.count("Revoke 1 token?") == 2
    assert issued.live() == "old new sat"


def test_many1_the_clock_is_read_after_the_question(command: Runner, issued: Issued) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        command("revoke_tokens", "--user", "bob", stdin=Meanwhile(lambda: clock.shift(600), "yes\n"))
        assert ReferenceToken.objects.get(pk=issued.of_bob.token.pk).revoked_at == timezone.now()


def test_many1_a_token_that_was_rotated_since_is_asked_about_again(command: Runner, issued: Issued) -> None:
    old = issued.of_bob.token
    terminal = Meanwhile(lambda: rotated(old), "yes\n", "no\n")
    with nothing_revoked():
        assert command("revoke_tokens", "--id", str(old.pk), stdin=terminal).status == 1


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ([], "Revoke 2 tokens? Among them are old values that work on: {old}. This cannot be undone."),
        (["--keep-old-values"], "Revoke 1 token? These old values work on beside them: {old}. This cannot be undone."),
    ],
)
def test_tok10_the_question_names_the_old_values_and_when_they_end(
    command: Runner, issued: Issued, option: list[str], words: str
) -> None:
    new = rotated(issued.of_bob.token).token
    old = ReferenceToken.objects.get(pk=issued.of_bob.token.pk)
    outcome = command("revoke_tokens", "--id", str(new.pk), *option, stdin=Terminal("no\n"))
    assert words.format(old=f"{old.hint} until {old.expires_at:%Y-%m-%d %H:%M} UTC") in outcome.stderr


@contextmanager
def nothing_revoked() -> Iterator[None]:
    yield
    assert not ReferenceToken.objects.exclude(revoked_at=None).exists()
