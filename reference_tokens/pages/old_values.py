"""What a question says of old values that live on, what its form asks to be done to them, and what is said after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from reference_tokens.lifecycle.selection import SHOWN_AT_MOST

if TYPE_CHECKING:
    from django.http import QueryDict

    from reference_tokens.lifecycle.old_values import LiveChain
    from reference_tokens.models import ReferenceToken

# The box of a form that acts on the old values as well, and the field that says of which it was asked.
OLD_VALUES, OLD_VALUES_SEEN = "old_values", "old_values_seen"
REVOKE_THEM = ngettext_lazy("Revoke the old value as well", "Revoke the old values as well", "count")
SUSPEND_THEM = ngettext_lazy("Suspend the old value as well", "Suspend the old values as well", "count")
REVOKED_TOO = ngettext_lazy("%(count)d old value was revoked too.", "%(count)d old values were revoked too.", "count")
SUSPENDED_TOO = ngettext_lazy(
    "%(count)d old value is suspended too.", "%(count)d old values are suspended too.", "count"
)
STAYS_SUSPENDED = ngettext_lazy("%(count)d old value stays suspended.", "%(count)d old values stay suspended.", "count")


@dataclass(frozen=True, slots=True)
class OldValuesChoice:
    """What is to be done to the old values, and what lived beside the token when that was asked; None: not shown."""

    acts: bool
    seen: str | None


def old_values_choice(sent: QueryDict) -> OldValuesChoice:
    """What a form asks; one that showed no old values could leave none ticked, and means them too."""
    seen = sent.get(OLD_VALUES_SEEN)
    return OldValuesChoice(OLD_VALUES in sent or seen is None, seen)


def chain_question(
    chain: LiveChain, old: list[ReferenceToken], label: Promise, sent: QueryDict | None, *, has_changed: bool
) -> dict[str, Any]:
    """What a question about one token says of the values beside it, and of the old ones that it would act on too."""
    newer = chain.newer
    return {
        "seen": chain.seen,
        "changed_text": chain_changed_text() if has_changed else "",
        "newer_text": _("The new value %(hint)s is not changed.") % {"hint": newer.hint} if newer else "",
        **old_values_shown(old, len(old), label, is_ticked=sent is None or old_values_choice(sent).acts),
    }


def old_values_shown(
    old: Sequence[ReferenceToken], count: int, label: Promise | None = None, *, is_ticked: bool = False
) -> dict[str, Any]:
    """The old values that live on, so many, of which some are given; with a label the box that acts on them too."""
    rows = old[:SHOWN_AT_MOST]
    text = ngettext(
        "%(count)d old value keeps working until it ends:", "%(count)d old values keep working until they end:", count
    )
    return {
        "text": text % {"count": count} if count else "",
        "rows": [
            {
                "name": one.display_name,
                "hint": one.hint,
                "ends_at": one.expires_at,
                "is_suspended": one.suspended_at is not None,
            }
            for one in rows
        ],
        "rest": count - len(rows),
        "label": label % {"count": count} if label else "",
        "is_ticked": is_ticked,
    }


def chain_changed_text() -> str:
    """What is said where other values live beside the token than those that were shown."""
    return _("Nothing was done: the live values of this token have changed. Check them again.")


def old_values_outcome(done: int, left: int, text: Promise) -> str:
    """What is said of so many old values that were acted on with their token, and so many that live on."""
    said = [text % {"count": done}] if done else []
    if left:
        works_on = ngettext(
            ("%(count)d old value keeps working until it ends."),
            "%(count)d old values keep working until they end.",
            left,
        )
        said.append(works_on % {"count": left})
    return "".join(f" {sentence}" for sentence in said)
