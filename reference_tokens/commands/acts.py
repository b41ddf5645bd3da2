"""Revoking, suspending and resuming the tokens that options choose: counted, asked about, and done to those alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import transaction
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.commands import Command, wrong_usage
from accounts.forms.fingerprints import SetChanged, fingerprint
from reference_tokens.commands.choice import add_choice_of_many, chosen
from reference_tokens.commands.questions import ask, tell
from reference_tokens.lifecycle.old_values import live_chain, old_values_of, with_old_values_of
from reference_tokens.lifecycle.selection import SHOWN_AT_MOST, id_texts
from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

Narrowing = Callable[[ReferenceTokenQuerySet, datetime], ReferenceTokenQuerySet]


@dataclass(frozen=True, slots=True)
class Act:
    """What is done to tokens, to which of them it can be done, and its words."""

    verb: str
    doing: str
    # Also the name of the count in the JSON object.
    done: str
    consequence: str
    # What is said of old values that the act leaves as they are: of all in a question, and of one.
    left: str
    left_one: str
    reached: Narrowing
    # Those of the old values beside the tokens that the act concerns.
    beside: Narrowing
    # Each returns how many were changed.
    to_one: Callable[..., int]
    to_many: Callable[..., int]
    # The instant at which it was done to a token, or None.
    done_at: Callable[[ReferenceToken], datetime | None]


@dataclass(frozen=True, slots=True)
class Counted:
    """The tokens that are meant, how many that is now, and what stands for them."""

    tokens: ReferenceTokenQuerySet
    chosen_by: dict[str, Any]
    meant: int
    # Those that live on beside the tokens that are meant by themselves, and whether they are left as they are.
    old_values: list[ReferenceToken]
    keeps_old_values: bool
    seen: str

    @property
    def one(self) -> uuid.UUID | None:
        """The id of the token, where a single one was named."""
        return uuid.UUID(self.chosen_by["token"]) if list(self.chosen_by) == ["token"] else None


class CommandOnTokens(Command):
    """A command that acts on tokens. A subclass gives its `act`, and adds options of its own."""

    act: ClassVar[Act]

    def add_options(self, parser: CommandParser) -> None:
        """Add which tokens are meant, and --yes."""
        self.add_choice(parser)
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def add_choice(self, parser: CommandParser) -> None:
        """Add the options of which exactly one names the tokens."""
        add_choice_of_many(parser)

    def chosen(self, options: dict[str, Any]) -> tuple[ReferenceTokenQuerySet, dict[str, Any]]:
        """The tokens that the options name, and what chose them; raises `Error`."""
        return chosen(options)

    def keeps_old_values(self, options: dict[str, Any]) -> bool:
        """Whether old values beside the tokens are left as they are."""
        return bool(options["keep_old_values"])

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        """Act on the tokens; without --yes on those that were asked about, or ask again."""
        if options["token_stdin"] and not options["yes"]:
            raise wrong_usage("--token-stdin needs --yes: standard input cannot answer a question as well.")
        named = self.chosen(options)
        if options["yes"]:
            with transaction.atomic():
                return self.do(options, self.counted(options, *named), shown=None)
        while True:
            counted = self.counted(options, *named)
            if counted.meant:
                self.confirm(counted)
            try:
                return self.do(options, counted, shown=counted.seen)
            except SetChanged:
                tell(f"Nothing was {self.act.done}: these are other tokens than those you were asked about.\n")

    def counted(self, options: dict[str, Any], tokens: ReferenceTokenQuerySet, chosen_by: dict[str, Any]) -> Counted:
        """Count the tokens, and the old values that live on beside them."""
        with self.watched(options) as report:
            report("Counting tokens")
            return count(self.act, tokens, chosen_by, keeps_old_values=self.keeps_old_values(options))

    def for_many(self) -> dict[str, Any]:
        """What else the act on many is told."""
        return {}

    def do(self, options: dict[str, Any], counted: Counted, *, shown: str | None) -> dict[str, Any]:
        """Do it to what is meant; raises `SetChanged` where that is something else than what was shown.

        The clock is read here, after the question.
        """
        with self.watched(options) as report:
            report(f"{self.act.doing} {tokens_in_words(counted.meant)}")
            given: Any = {"actor": OPERATOR, "now": timezone.now(), "shown": shown}
            if "reason" in options:
                given["reason"] = options["reason"]
            if counted.one:
                done = self.act.to_one(token_id=counted.one, with_old_values=not counted.keeps_old_values, **given)
            else:
                done = self.act.to_many(tokens=counted.tokens, chosen_by=counted.chosen_by, **given, **self.for_many())
            old_values = [described(self.act, old) for old in counted.old_values]
        return {self.act.done: done} | ({"old_values": old_values} if old_values else {})

    def confirm(self, counted: Counted) -> None:
        """Ask on the terminal; raises `Error` where the answer is not yes, or nobody can answer."""
        act, verb = self.act, self.act.verb
        question = f"{verb} {tokens_in_words(counted.meant)}? {old_values_in_words(act, counted)}{act.consequence}"
        ask(question, what=f"to {verb.lower()}", nothing=f"nothing was {act.done}")

    def lines(self, result: dict[str, Any]) -> list[str]:
        """How many, and what became of the old values."""
        act = self.act
        return [
            f"{act.done.capitalize()} {tokens_in_words(result[act.done])}.",
            *(fate_of(act, old) for old in result.get("old_values", [])),
        ]


def count(act: Act, tokens: ReferenceTokenQuerySet, chosen_by: dict[str, Any], *, keeps_old_values: bool) -> Counted:
    """Count the tokens that the act reaches, and the old values that live on beside them."""
    now = timezone.now()
    reached = act.reached(tokens, now)
    beside = act.beside(old_values_of(reached, now), now)
    old_values = list(beside.order_by("-issued_at", "-pk"))
    meant = with_old_values_of(reached, beside) if old_values and not keeps_old_values else reached
    ids = id_texts(meant)
    one = chosen_by.get("token")
    seen = live_chain(uuid.UUID(one), now).seen if one else fingerprint(ids)
    return Counted(meant, chosen_by, len(ids), old_values, keeps_old_values, seen)


def described(act: Act, old: ReferenceToken) -> dict[str, Any]:
    """What has become of an old value."""
    old.refresh_from_db(fields=["revoked_at", "suspended_at"])
    ends_at = old.revoked_at or old.expires_at
    assert ends_at  # noqa: S101 - for the type checker: a rotation gives it an end
    return {
        "id": str(old.pk),
        "hint": old.hint,
        act.done: act.done_at(old) is not None,
        "ends_at": ends_at.isoformat(),
    }


def fate_of(act: Act, old: dict[str, Any]) -> str:
    """What has become of an old value, in words."""
    if old[act.done]:
        return f"The old value {old['hint']} is {act.done}."
    return f"The old value {old['hint']} {act.left_one} until {old['ends_at']}: {old['id']}"


def old_values_in_words(act: Act, counted: Counted) -> str:
    """The old values that live on, and whether they are among the tokens; nothing where there are none."""
    if not counted.old_values:
        return ""
    named = [f"{old.hint} until {old.expires_at:%Y-%m-%d %H:%M} UTC" for old in counted.old_values[:SHOWN_AT_MOST]]
    more = [f"{rest} more"] if (rest := len(counted.old_values) - len(named)) else []
    words = act.left if counted.keeps_old_values else "Among them are old values that work on"
    return f"{words}: {', '.join(named + more)}. "


def tokens_in_words(number: int) -> str:
    """So many tokens."""
    return f"{number} token{'' if number == 1 else 's'}"
