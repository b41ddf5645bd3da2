from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from reference_tokens.models import ReferenceToken
from reference_tokens.token_values.token_format import generate
from tests.command_line import Runner, nothing_stored
from tests.factories import alter
from tests.reference_tokens.commands.issued import Issued, is_good
from trusted_apps.models import AccessTokensPolicy, TrustedApplication


@pytest.mark.parametrize("name", ["of_bob", "sat"])
def test_tok10_the_new_value_stands_alone_and_the_old_one_works_on_for_a_day(
    command: Runner, issued: Issued, name: str
) -> None:
    old = getattr(issued, name)
    outcome = command("rotate_token", "--id", str(old.token.pk))
    assert (outcome.status, outcome.stderr) == (0, "")
    assert re.fullmatch(r"enrt_[0-9A-F]{64}\n", outcome.stdout)
    new = ReferenceToken.objects.get(replaces=old.token)
    assert new.hint == f"enrt_{outcome.stdout[5:9]}…{outcome.stdout.strip()[-4:]}"
    now = timezone.now()
    assert is_good(old, now + timedelta(hours=23))
    assert not is_good(old, now + timedelta(hours=25))


def test_tok10_json_names_the_new_value_and_the_end_of_the_old_one(command: Runner, issued: Issued) -> None:
    document = command("rotate_token", "--token-stdin", "--json", stdin=f"{issued.sat.plaintext}\n").json
    old = ReferenceToken.objects.get(pk=issued.sat.token.pk)
    new = ReferenceToken.objects.get(replaces=old)
    assert (old.expires_at is None, new.expires_at is None) == (False, False)
    assert re.fullmatch("enrt_[0-9A-F]{64}", document.pop("token"))
    assert document == {
        "id": str(new.pk),
        "kind": "SAT",
        "application": "com.example/excel",
        "scopes": ["read"],
        "expires_at": new.expires_at and new.expires_at.isoformat(),
        "replaces": str(old.pk),
        "previous_expires_at": old.expires_at and old.expires_at.isoformat(),
    }


def test_tok10_without_an_overlap_the_old_value_is_revoked(command: Runner, issued: Issued) -> None:
    command("rotate_token", "--id", str(issued.sat.token.pk), "--overlap-seconds", "0")
    assert issued.live() == "old new of_bob"


def test_aud1_a_rotation_is_recorded_as_the_operator(command: Runner, issued: Issued) -> None:
    command("rotate_token", "--id", str(issued.sat.token.pk), "--overlap-seconds", "3600")
    entry = AuditEvent.objects.get(action="token:rotate")
    assert (entry.source, entry.actor_type, entry.details["overlap_seconds"]) == ("command", "operator", 3600)


def test_pol2_a_token_that_could_not_be_issued_today_is_not_rotated(
    command: Runner, issued: Issued, application: TrustedApplication
) -> None:
    TrustedApplication.objects.update(access_tokens_policy=AccessTokensPolicy.NONE)
    with nothing_stored():
        outcome = command("rotate_token", "--id", str(issued.sat.token.pk))
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr.startswith("Error: the token was not rotated: Its AccessTokens policy is None")


def test_tok10_a_token_is_rotated_once(command: Runner, issued: Issued) -> None:
    arguments = ["rotate_token", "--id", str(issued.sat.token.pk)]
    assert command(*arguments).status == 0
    with nothing_stored():
        outcome = command(*arguments)
    assert outcome.is_one_line_of_refusal
    assert "It was rotated already" in outcome.stderr


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"revoked_at": 0}, "It is revoked: create a new token instead."),
        ({"suspended_at": 0}, "It is suspended: it can be rotated once it is resumed."),
        ({"expires_at": -1}, "It has expired: create a new token instead."),
    ],
)
def test_tok10_a_token_that_is_not_live_is_not_rotated(
    command: Runner, issued: Issued, columns: dict[str, int], message: str
) -> None:
    alter(issued.old.token, **{name: timezone.now() + timedelta(seconds=second) for name, second in columns.items()})
    outcome = command("rotate_token", "--id", str(issued.old.token.pk))
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr == f"Error: the token was not rotated: {message}\n"


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (["--id", "7"], "", "there is no such token."),
        (["--token-stdin"], "", "no token on standard input."),
        (["--token-stdin"], "enrt_123\n", "there is no such token."),
        (["--token-stdin"], f"{generate()}\n", "there is no such token."),
    ],
    ids=["id", "nothing", "mistyped", "unknown"],
)
def test_a_token_that_is_none_is_refused_in_one_line(
    command: Runner, issued: Issued, arguments: list[str], stdin: str, message: str
) -> None:
    with nothing_stored():
        outcome = command("rotate_token", *arguments, stdin=stdin)
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr == f"Error: {message}\n"


@pytest.mark.parametrize("overlap", ["-1", "604801", "1.5", "²", "a day", "", "9" * 400])
@pytest.mark.once
def test_an_overlap_is_a_whole_number_of_seconds_up_to_7_days(command: Runner, issued: Issued, overlap: str) -> None:
    with nothing_stored():
        outcome = command("rotate_token", "--id", str(issued.sat.token.pk), f"--overlap-seconds={overlap}")
    assert outcome.is_wrong_usage
    assert "not a whole number of seconds from 0 to 604800" in outcome.stderr
