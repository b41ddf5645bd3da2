"""Changing an application's AccessTokens policy, and what that means for the tokens it has (POL-6)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reference_tokens.models import ReferenceToken
from reference_tokens.revocation import revoke_tokens
from trusted_apps.models import TrustedApplication
from trusted_apps.registration import update_application

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from accounts.audit import Actor
    from accounts.models import User
    from reference_tokens.models import ReferenceTokenQuerySet

OWNERS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class OutsidePolicy:
    """How many live tokens a new policy would put outside it, by kind and owner."""

    total: int
    counts: list[dict[str, Any]]

    @property
    def total_label(self) -> str:
        """The count as a sentence."""
        return ngettext(
            "%(count)d live token could not be issued under this policy.",
            "%(count)d live tokens could not be issued under this policy.",
            self.total,
        ) % {"count": self.total}


def newly_outside(application: TrustedApplication, policy: str, now: datetime) -> ReferenceTokenQuerySet:
    """The tokens, neither revoked nor expired, that today's policy allows and the new one does not."""
    tokens = ReferenceToken.objects.of(application).not_ended(now)
    already = tokens.outside_policy(application.access_tokens_policy)
    return tokens.outside_policy(policy).exclude(pk__in=already.values("pk"))


def counted(tokens: ReferenceTokenQuerySet) -> OutsidePolicy:
    """The tokens by kind and owner, the owners with most first."""
    groups = tokens.order_by().values("kind", "holder__name", "holder__username").annotate(count=Count("pk"))
    rows = list(groups.order_by("-count", "holder__username")[: OWNERS_SHOWN + 1])
    counts = [
        {
            "count": row["count"],
            "kind_label": ReferenceToken.Kind(row["kind"]).label,
            "owner_name": row["holder__name"] or row["holder__username"] or _("the application itself"),
        }
        for row in rows[:OWNERS_SHOWN]
    ]
    total = tokens.count()
    if len(rows) > OWNERS_SHOWN:
        rest = total - sum(line["count"] for line in counts)
        counts.append({"count": rest, "kind_label": _("Access tokens"), "owner_name": _("other owners")})
    return OutsidePolicy(total, counts)


def change_application(
    *,
    actor: Actor,
    application_id: uuid.UUID,
    now: datetime,
    revokes_outside: bool,
    owners: Iterable[User] | None,
    **values: Any,
) -> int:
    """Change an application and, if asked, revoke what its new policy puts outside, in one transaction.

    Returns how many tokens were revoked. The locks are taken in the order of POL-3: application, tokens, audit head.
    Raises as `update_application` does.
    """
    with transaction.atomic():
        application = TrustedApplication.objects.select_for_update(no_key=True).get(pk=application_id)
        revoked = 0
        if revokes_outside:
            policy = values["access_tokens_policy"]
            revoked = revoke_tokens(
                actor=actor,
                tokens=newly_outside(application, policy, now),
                chosen_by={"application": str(application_id), "outside_policy": str(policy)},
                now=now,
                reason=_("The application's AccessTokens policy became %(policy)s") % {"policy": policy},
            )
        update_application(actor=actor, application_id=application_id, now=now, owners=owners, **values)
    return revoked
