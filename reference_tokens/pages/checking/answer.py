"""The answer to a check, as its page shows it: the verdict, why, and what each door says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from reference_tokens.lists.links import link
from reference_tokens.pages.checking.mistypings import mistyping_in_words
from reference_tokens.pages.checking.reasons import REASONS, Sentence
from reference_tokens.pages.details import actions_of, scopes_in_words
from reference_tokens.pages.help.links import help_url
from reference_tokens.validation.checking import VERDICTS, Outcome
from reference_tokens.validation.decision import Inactive
from reference_tokens.validation.noting import LACKS_SCOPES

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.models import ReferenceToken
    from reference_tokens.pages.checking.reasons import Reader
    from reference_tokens.pages.details import Action
    from reference_tokens.validation.checking import Checked

TONES = {Outcome.ACTIVE: "ok", LACKS_SCOPES: "warn", Outcome.CANNOT_TELL: "warn", Outcome.NOT_OWN: "warn"}


@sensitive_variables("value")
def answer_in_words(checked: Checked, value: str, reader: Reader, now: datetime) -> dict[str, Any]:
    """What the page shows of the answer; of the value only what is wrong with it."""
    token, server = checked.found, checked.server
    holds = checked.holds
    return {
        "verdict": VERDICTS[holds],
        "help_url": help_url("check", holds),
        "tone": TONES.get(holds, "bad"),
        "sentences": sentences(checked, value, reader),
        "token": token,
        "token_url": link(reader.links.detail, token.pk) if token else "",
        "scopes": scopes_in_words(token) if token else (),
        "actions": ways_to_end(token, reader, now) if token else [],
        "server": server,
        "doors": doors(checked),
        "at": now,
    }


def ways_to_end(token: ReferenceToken, reader: Reader, now: datetime) -> list[Action]:
    """What ends the token, as its page offers it: a value that was found in the wrong place is revoked from here."""
    return [action for action in actions_of(token, now, reader.links, form_url="") if action.is_dangerous]


@sensitive_variables("value")
def sentences(checked: Checked, value: str, reader: Reader) -> list[Sentence]:
    """Why, in sentences: what closes the door to any token, then what is to be said of this one."""
    said = list(REASONS[checked.closed](checked, reader)) if checked.closed else []
    if checked.closed and checked.outcome == Outcome.ACTIVE:
        return said
    if checked.closed:
        said.append(Sentence(_("Of the token itself: %(verdict)s.") % {"verdict": VERDICTS[checked.outcome]}))
    if checked.outcome == Inactive.MALFORMED:
        return said + [Sentence(text) for text in mistyping_in_words(value)]
    said += REASONS[checked.outcome](checked, reader)
    if value != value.strip():
        text = _("Around the token stood a space or a line break, left out here: a program that sends it is refused.")
        said.append(Sentence(text))
    return said


def doors(checked: Checked) -> list[tuple[str, str]]:
    """What each door answers, by the name of the door; nothing of a token that may be somebody else's."""
    if checked.outcome == Outcome.NOT_OWN and not checked.closed:
        return []
    introspection, forward_auth = checked.answers
    if checked.server is None:
        return [(_("Answer at forward auth"), forward_auth)]
    return [(_("Answer to introspection"), introspection), (_("Answer at forward auth"), forward_auth)]
