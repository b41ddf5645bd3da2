"""What the form of an application says of the tokens that a change concerns, and what it offers to do (POL-6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from instance_manager.tokens.owner_counts import owner_count_row
from reference_tokens.models.lifetime import expiry_in_days, maximum_days
from reference_tokens.policy.change import ImpactChoices

if TYPE_CHECKING:
    from django.http import QueryDict

    from reference_tokens.policy.impact import ApplicationChange, Impact

SEEN, REVOKE_OUTSIDE, SHORTEN, REVOKE_WITHOUT_SCOPES = (
    "impact_seen",
    "revoke_outside",
    "shorten",
    "revoke_without_scopes",
)


def choices_of(sent: QueryDict) -> ImpactChoices:
    """What the form that was sent asks to be done to the tokens."""
    return ImpactChoices(
        seen=sent.get(SEEN, ""),
        revokes_outside=REVOKE_OUTSIDE in sent,
        shortens=SHORTEN in sent,
        revokes_without_scopes=REVOKE_WITHOUT_SCOPES in sent,
    )


def impact_context(impact: Impact, sent: QueryDict, list_url: str) -> dict[str, Any]:
    """The impact as the form shows it; what was ticked in the form that was sent stays ticked."""
    offers = offer_texts(impact.change)
    return {
        "seen": impact.seen,
        # Other rules since, or other tokens.
        "has_changed": sent.get(SEEN, "") not in {"", impact.seen},
        "groups": [
            {
                "text": text_of(name, group.count, impact.change),
                "counts": [owner_count_row(owner, list_url) for owner in group.owners],
                "offer": name in offers
                and {"name": offers[name][0], "label": offers[name][1], "checked": offers[name][0] in sent},
            }
            for name, group in impact.groups.items()
        ],
    }


def text_of(name: str, count: int, change: ApplicationChange) -> str:
    """What the change does to so many tokens, in a sentence."""
    texts = {
        "outside_policy": ngettext(
            "%(count)d live token could not be issued under this policy.",
            "%(count)d live tokens could not be issued under this policy.",
            count,
        ),
        "living_longer": ngettext(
            "%(count)d live token has no expiry or lives longer than a new one may: %(days)d days.",
            "%(count)d live tokens have no expiry or live longer than a new one may: %(days)d days.",
            count,
        ),
        "losing_scopes": ngettext(
            "%(count)d live token can do less from its next validation on.",
            "%(count)d live tokens can do less from their next validation on.",
            count,
        ),
        "without_scopes": ngettext(
            "%(count)d live token is left with no scope and is not good from its next validation on.",
            "%(count)d live tokens are left with no scope and are not good from their next validation on.",
            count,
        ),
        "disabled": ngettext(
            "%(count)d live token stops being good at once, until the application is enabled again.",
            "%(count)d live tokens stop being good at once, until the application is enabled again.",
            count,
        ),
        "acting_as_another": acting_text(change, count),
    }
    return texts[name] % {"count": count, "days": maximum_days(change.after)}


def acting_text(change: ApplicationChange, count: int) -> str:
    """Whom the SATs act as from now on (TOK-12)."""
    if change.after.system_user is None:
        return ngettext(
            "%(count)d service access token is not good until the application has a System User again.",
            "%(count)d service access tokens are not good until the application has a System User again.",
            count,
        )
    text = ngettext(
        "%(count)d service access token acts as %(name)s from its next validation on.",
        "%(count)d service access tokens act as %(name)s from their next validation on.",
        count,
    )
    # The number is filled in where all the sentences are.
    return text % {"count": count, "name": change.after.system_user.name_beside_others.replace("%", "%%")}


def offer_texts(change: ApplicationChange) -> dict[str, tuple[str, str]]:
    """What can be done to the tokens in the same step: the name of the box and what stands beside it."""
    revoke = _("Revoke them in the same step. What uses them stops working at once; this cannot be undone.")
    date = f"{expiry_in_days(maximum_days(change.after), change.now):%-d %b %Y}"
    shorten = _("Shorten them in the same step: they expire on %(date)s (UTC). This cannot be undone.") % {"date": date}
    return {
        "outside_policy": (REVOKE_OUTSIDE, revoke),
        "living_longer": (SHORTEN, shorten),
        "without_scopes": (REVOKE_WITHOUT_SCOPES, revoke),
    }
