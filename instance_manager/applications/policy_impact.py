"""The impact of a change on tokens, as the form of an application shows it, with the acts that it offers (POL-6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.text.languages import date_in_words
from reference_tokens.models.lifetime import expiry_in_days, maximum_days
from reference_tokens.pages.owner_counts import owner_count_row
from reference_tokens.policy.change import ImpactChoices

if TYPE_CHECKING:
    from django.http import QueryDict

    from accounts.models import User
    from reference_tokens.policy.impact import ApplicationChange, Impact

# The fields of the form beside those of the application.
IMPACT_SEEN = "impact_seen"
REVOKE_OUTSIDE = "revoke_outside"
SHORTEN = "shorten"
REVOKE_WITHOUT_SCOPES = "revoke_without_scopes"


def ticked_choices(sent: QueryDict) -> ImpactChoices:
    """The acts on tokens that are ticked in the form."""
    return ImpactChoices(
        seen=sent.get(IMPACT_SEEN, ""),
        revokes_outside=REVOKE_OUTSIDE in sent,
        shortens=SHORTEN in sent,
        revokes_without_scopes=REVOKE_WITHOUT_SCOPES in sent,
    )


def impact_context(impact: Impact, sent: QueryDict, list_url: str) -> dict[str, Any]:
    """The impact as the form shows it; ticked boxes stay ticked."""
    offers = offer_texts(impact.change)
    return {
        "seen": impact.seen,
        # The rules or the tokens are not those that were shown.
        "has_changed": sent.get(IMPACT_SEEN, "") not in {"", impact.seen},
        "groups": [
            {
                "text": impact_text(name, group.count, impact.change),
                "counts": [owner_count_row(owner, list_url) for owner in group.owners],
                "offer": name in offers
                and {"name": offers[name][0], "label": offers[name][1], "checked": offers[name][0] in sent},
            }
            for name, group in impact.groups.items()
        ],
    }


def impact_text(name: str, count: int, change: ApplicationChange) -> str:
    """The effect of the change on so many tokens, in a sentence."""
    system_user = change.after.system_user
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
            "%(count)d live token loses scopes at its next validation.",
            "%(count)d live tokens lose scopes at their next validation.",
            count,
        ),
        "without_scopes": ngettext(
            "%(count)d live token has no scopes left and is not valid from its next validation on.",
            "%(count)d live tokens have no scopes left and are not valid from their next validation on.",
            count,
        ),
        "disabled": ngettext(
            "%(count)d live token is not valid until the application is enabled again.",
            "%(count)d live tokens are not valid until the application is enabled again.",
            count,
        ),
        "acting_as_another": acting_text(count, system_user),
    }
    values = {
        "count": count,
        "days": maximum_days(change.after),
        "name": system_user.name_beside_others if system_user else "",
    }
    return texts[name] % values


def acting_text(count: int, system_user: User | None) -> str:
    """The sentence about the user whom SATs act as from now on (TOK-12), with its names still to fill in."""
    if system_user is None:
        return ngettext(
            "%(count)d service access token is not valid until the application has a System User again.",
            "%(count)d service access tokens are not valid until the application has a System User again.",
            count,
        )
    return ngettext(
        "%(count)d service access token acts as %(name)s from its next validation on.",
        "%(count)d service access tokens act as %(name)s from their next validation on.",
        count,
    )


def offer_texts(change: ApplicationChange) -> dict[str, tuple[str, str]]:
    """The acts that the form offers in the same step: the name of each box and its label."""
    revoke = _("Revoke them now. What uses them stops working at once. This cannot be undone.")
    date = date_in_words(expiry_in_days(maximum_days(change.after), change.now))
    shorten = _("Shorten them now: they expire on %(date)s (UTC). This cannot be undone.") % {"date": date}
    return {
        "outside_policy": (REVOKE_OUTSIDE, revoke),
        "living_longer": (SHORTEN, shorten),
        "without_scopes": (REVOKE_WITHOUT_SCOPES, revoke),
    }
