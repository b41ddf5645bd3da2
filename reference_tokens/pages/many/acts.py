"""What can be done to many tokens at once, and its words."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.audit.record import Target
from accounts.text.languages import instant_in_words
from reference_tokens.lifecycle.old_values import old_values_of
from reference_tokens.lifecycle.revocation import revoke_tokens
from reference_tokens.lifecycle.shortening import living_beyond, shorten_tokens
from reference_tokens.lifecycle.suspension import resume_chosen, resume_tokens, suspend_tokens, suspended_together
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.issuing.form_links import FORMAT_OF_INSTANT
from reference_tokens.pages.old_values import REVOKE_THEM, REVOKED_TOO, SUSPEND_THEM, SUSPENDED_TOO

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.models import ReferenceTokenQuerySet

Narrowing = Callable[["ReferenceTokenQuerySet", "datetime"], "ReferenceTokenQuerySet"]


@dataclass(frozen=True, slots=True)
class OldValuesAct:
    """The same done to the old values beside the tokens: which these are, and its words."""

    of: Narrowing
    label: Promise
    done: Promise


@dataclass(frozen=True, slots=True)
class ActOnMany:
    """What is done to many tokens, to which of them it can be done, and its words."""

    apply: Callable[..., int]
    possible: Narrowing
    heading: Promise
    text: Promise
    submit: Promise
    done: Promise
    nothing: Promise
    old_values: OldValuesAct | None = None
    asks_reason: bool = False
    is_dangerous: bool = True
    # Suspended together, they are resumed together.
    can_be_undone: bool = False
    # What else its form carries, and what else its words name.
    fields: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)


REVOKE = ActOnMany(
    revoke_tokens,
    lambda tokens, now: tokens.not_ended(now),
    heading=gettext_lazy("Revoke %(tokens)s?"),
    text=ngettext_lazy(
        "What uses it stops working at once. This cannot be undone.",
        "What uses them stops working at once. This cannot be undone.",
        "count",
    ),
    submit=gettext_lazy("Revoke %(tokens)s"),
    done=gettext_lazy("%(tokens)s revoked."),
    nothing=gettext_lazy("None of the chosen tokens is left to be revoked."),
    old_values=OldValuesAct(old_values_of, REVOKE_THEM, REVOKED_TOO),
    asks_reason=True,
)
SUSPEND = ActOnMany(
    suspend_tokens,
    lambda tokens, now: tokens.in_state(ReferenceToken.State.LIVE, now),
    heading=gettext_lazy("Suspend %(tokens)s?"),
    text=ngettext_lazy(
        "What uses it fails at once, until an administrator resumes it.",
        "What uses them fails at once, until an administrator resumes them.",
        "count",
    ),
    submit=gettext_lazy("Suspend %(tokens)s"),
    done=gettext_lazy("%(tokens)s suspended."),
    nothing=gettext_lazy("None of the chosen tokens is left to be suspended."),
    old_values=OldValuesAct(
        lambda tokens, now: old_values_of(tokens, now).filter(suspended_at=None), SUSPEND_THEM, SUSPENDED_TOO
    ),
    asks_reason=True,
    can_be_undone=True,
)


def resume_together(*, chosen_by: dict[str, Any], **given: Any) -> int:
    """Resume what one act suspended, and nothing else."""
    return resume_tokens(batch_id=uuid.UUID(chosen_by["suspension"]), **given)


RESUME = ActOnMany(
    resume_together,
    suspended_together,
    heading=gettext_lazy("Resume %(tokens)s?"),
    text=ngettext_lazy(
        "It is active again at once, until it expires or is revoked.",
        "They are active again at once, until they expire or are revoked.",
        "count",
    ),
    submit=gettext_lazy("Resume %(tokens)s"),
    done=gettext_lazy("%(tokens)s resumed."),
    nothing=gettext_lazy("None of these tokens is suspended any more."),
    is_dangerous=False,
)
RESUME_CHOSEN = replace(
    RESUME,
    apply=resume_chosen,
    possible=lambda tokens, now: tokens.in_state(ReferenceToken.State.SUSPENDED, now),
    nothing=gettext_lazy("None of the chosen tokens is suspended."),
)


def shorten_to(expires_at: datetime) -> ActOnMany:
    """Let those of the tokens end at this instant that would live longer."""
    return ActOnMany(
        partial(shorten_chosen, expires_at=expires_at),
        lambda tokens, now: living_beyond(tokens, expires_at, now),
        heading=gettext_lazy("Shorten the life of %(tokens)s?"),
        text=ngettext_lazy(
            "It expires on %(until)s. What uses it stops working then. This cannot be undone.",
            "They expire on %(until)s. What uses them stops working then. This cannot be undone.",
            "count",
        ),
        submit=gettext_lazy("Shorten %(tokens)s"),
        done=gettext_lazy("%(tokens)s shortened, to %(until)s."),
        nothing=gettext_lazy("None of the chosen tokens lives longer than that."),
        fields={"expires_at": expires_at.strftime(FORMAT_OF_INSTANT)},
        words={"until": f"{instant_in_words(expires_at)} UTC"},
    )


def shorten_chosen(*, expires_at: datetime, **given: Any) -> int:
    """Shorten what somebody chose from a list, of whatever applications."""
    return shorten_tokens(target=Target("shortening", str(uuid.uuid4())), expires_at=expires_at, **given)
