"""Changing what an application allows, and what is asked to be done to its tokens in the same step (POL-6)."""

from __future__ import annotations

import uuid
from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from accounts.forms.versions import Opened, require_as_opened
from accounts.models import User
from accounts.text.reasons import Reason
from reference_tokens.lifecycle.reason_codes import ReasonCode
from reference_tokens.lifecycle.revocation import revoke_tokens
from reference_tokens.lifecycle.selection import lock_rows
from reference_tokens.lifecycle.shortening import shorten_tokens
from reference_tokens.models.lifetime import expiry_in_days, maximum_days
from reference_tokens.policy.impact import ApplicationChange, Impact, impact_of
from trusted_apps.built_in import require_rules_of_built_in
from trusted_apps.models import TrustedApplication
from trusted_apps.registration import application_settings, application_target, update_application

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from accounts.audit.record import Actor
    from reference_tokens.models import ReferenceTokenQuerySet


@dataclass(frozen=True, slots=True)
class ImpactChoices:
    """What an administrator asks to be done in the same step, having seen the impact; nothing by default.

    `seen` stands for that impact. None: a program says beforehand what is to be done to whatever the change concerns.
    """

    seen: str | None = ""
    revokes_outside: bool = False
    shortens: bool = False
    revokes_without_scopes: bool = False

    @property
    def acts(self) -> bool:
        """Whether anything is to be done to the tokens that were shown."""
        return self.seen != "" and (self.revokes_outside or self.shortens or self.revokes_without_scopes)

    def are_about(self, impact: Impact) -> bool:
        """Whether they were made for this impact."""
        return self.seen is None or self.seen == impact.seen


@dataclass(frozen=True, slots=True)
class TokensChanged:
    """How many tokens were revoked and shortened, of which `impact` tells what the change does to them."""

    revoked: int
    shortened: int
    impact: Impact | None = field(default=None, compare=False)


class ImpactNotSeen(Exception):
    """The change concerns tokens that the administrator has not been shown; nothing was changed."""

    def __init__(self, impact: Impact) -> None:
        super().__init__(impact.seen)
        self.impact = impact


def change_application(  # noqa: PLR0913 - what is changed, as the administrator has seen it
    *,
    actor: Actor,
    application_id: uuid.UUID,
    now: datetime,
    choices: ImpactChoices,
    owners: Iterable[User] | None = None,
    opened: Opened | None = None,
    **values: Any,
) -> TokensChanged:
    """Change an application, and do to its tokens what is asked, in one transaction.

    Raises `ChangedMeanwhile` where the application is not as the form was `opened` with, `ImpactNotSeen` where the
    change concerns other tokens than those that were shown, and as `update_application` does. The locks are taken in
    the order of POL-3: application, users, tokens, audit head.
    """
    with transaction.atomic():
        before = TrustedApplication.objects.select_for_update(no_key=True).get(pk=application_id)
        change = change_of(before, values, now)
        owners = None if owners is None else list(owners)
        settings, after = application_settings(before), application_settings(change.after, owners=owners)
        require_as_opened(opened, application_target(before), before=settings, after=after)
        require_rules_of_built_in(change.after, settings)
        done = TokensChanged(0, 0)
        if choices.acts:
            # From here on nobody is demoted and no token ends: what is compared with what was shown is what is done.
            lock_holders_and_tokens(change.tokens, actor)
        impact = impact_of(change)
        if impact.groups or choices.acts:
            if not choices.are_about(impact):
                raise ImpactNotSeen(impact)
            done = apply_choices(change, choices, actor)
        update_application(actor=actor, application_id=application_id, now=now, owners=owners, **values)
    return replace(done, impact=impact)


def change_of(before: TrustedApplication, values: dict[str, Any], now: datetime) -> ApplicationChange:
    """The change of an application to these values of its columns."""
    after = copy(before)
    for name, value in values.items():
        setattr(after, name, value)
    return ApplicationChange(before, after, now)


def lock_holders_and_tokens(tokens: ReferenceTokenQuerySet, actor: Actor) -> None:
    """Lock the holders of the tokens and who acts, then the tokens, each in one order."""
    users = User.objects.filter(Q(pk__in=tokens.values("holder")) | Q(pk=actor.user and actor.user.pk))
    for rows in (users, tokens):
        lock_rows(rows)


def apply_choices(change: ApplicationChange, choices: ImpactChoices, actor: Actor) -> TokensChanged:
    """Revoke and shorten what is asked for of the tokens that the change concerns."""
    application = {"application": str(change.before.pk)}
    policy, days, now = str(change.after.access_tokens_policy), maximum_days(change.after), change.now
    revoked = shortened = 0
    # A token that was revoked for one reason is in none of the sets that follow.
    if choices.revokes_outside:
        revoked = revoke_tokens(
            actor=actor,
            tokens=change.outside_policy(),
            chosen_by=application | {"outside_policy": policy},
            now=now,
            reason=Reason(policy, ReasonCode.APPLICATION_POLICY),
        )
    if choices.revokes_without_scopes:
        revoked += revoke_tokens(
            actor=actor,
            tokens=change.without_scopes(),
            chosen_by=application | {"without_scopes_of": list(change.after.scopes)},
            now=now,
            reason=Reason(code=ReasonCode.APPLICATION_SCOPES),
        )
    if choices.shortens:
        shortened = shorten_tokens(
            actor=actor,
            tokens=change.living_longer(),
            target=application_target(change.before),
            expires_at=expiry_in_days(days, now),
            now=now,
        )
    return TokensChanged(revoked, shortened)
