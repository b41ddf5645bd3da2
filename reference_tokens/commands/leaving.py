"""Asking before somebody goes, with the tokens that act as them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.commands import Error
from accounts.forms.fingerprints import SetChanged
from accounts.people.administrators import LastAdministrator
from reference_tokens.commands.acts import tokens_in_words
from reference_tokens.commands.questions import ask, tell
from reference_tokens.lifecycle.offboarding import acting_tokens_fingerprint, live_tokens_by_application

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import User


class Question(NamedTuple):
    """What is done to a user, what becomes of the tokens that act as them, and what else."""

    verb: str
    tokens_are: str
    consequence: str


def act_having_asked(
    act: Callable[..., int | None], user: User, question: Question, *, yes: bool, **how: Any
) -> int | None:
    """Do it to the user, with the tokens that the question was about, or ask again; raises `Error`.

    With `yes` nothing is asked. The clock is read after the question.
    """
    while True:
        shown = None if yes else ask_about(user, question)
        try:
            return act(actor=OPERATOR, user=user, now=timezone.now(), shown=shown, **how)
        except LastAdministrator as refused:
            raise Error(str(refused)) from refused
        except SetChanged:
            tell("Nothing was done: other tokens act as this user than those you were asked about.\n")


def ask_about(user: User, question: Question) -> str:
    """Ask, and return what stands for the tokens that were named; raises `Error` where the answer is not yes."""
    now = timezone.now()
    shown, number = acting_tokens_fingerprint(user, now), live_number_of(user)
    tokens = f"{tokens_in_words(number)} that act as them: {question.tokens_are}. " if number else ""
    text = f"{question.verb} {user.username}? {tokens}{question.consequence}"
    ask(text, what="to do it", nothing="nothing was done")
    return shown


def live_number_of(user: User) -> int:
    """How many tokens act as the user and have not ended."""
    return sum(number for _name, number in live_tokens_by_application(user, timezone.now()))
