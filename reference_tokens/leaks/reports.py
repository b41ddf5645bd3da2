"""What a report of leaked tokens does: they are revoked, marked, and their owners and the administrators are told.

All in one transaction. The locks are taken in the order of POL-3: tokens, audit head.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.views.decorators.debug import sensitive_variables

from accounts.audit.record import Target, record_event
from accounts.text.reasons import Reason
from reference_tokens.leaks.places import place_of, shortened
from reference_tokens.lifecycle.old_values import old_values_of, with_old_values_of
from reference_tokens.lifecycle.reason_codes import ReasonCode
from reference_tokens.lifecycle.revocation import revoke_tokens
from reference_tokens.lifecycle.selection import lock_rows
from reference_tokens.lifecycle.withdrawal import MAXIMUM_REASON_LENGTH
from reference_tokens.models import LeakReport, ReferenceToken
from reference_tokens.notices.exposure import note_exposure
from reference_tokens.token_values.key_ring import KeyRingIncomplete, key_ring
from reference_tokens.token_values.token_format import is_well_formed
from reference_tokens.validation.validate import ring_is_incomplete, with_digest

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from accounts.audit.record import Actor


@sensitive_variables("values")
def report_leak(values: Collection[str], *, url: str, origin: LeakReport.Origin, actor: Actor, now: datetime) -> None:
    """Take a report of values that stand where others can read them, at this address.

    Those that are tokens are revoked, the newest of a chain with its old values, and marked as exposed; what ended
    before is marked. A token that was reported before stays as it is. Values that are no tokens cost no query, whatever
    their number. Raises as `take_report`.
    """
    if digests := digests_of(values):
        report = LeakReport(origin=origin, place=place_of(url), received_at=now)
        take_report(report, digests, actor=actor, reported=len(values))


@sensitive_variables("values")
def digests_of(values: Iterable[str]) -> list[bytes]:
    """What those of the values may be stored as that could be tokens."""
    return [digest for value in set(values) if is_well_formed(value) for digest in key_ring().digests(value)]


def take_report(report: LeakReport, digests: Sequence[bytes], *, actor: Actor, reported: int) -> None:
    """Do what a report of values with these digests asks for, and store it where any of them is a token.

    Raises `django.db.Error` and `KeyRingIncomplete` where it cannot be told which they are.
    """
    named = with_digest(ReferenceToken.objects.all(), digests).values_list("pk", "family", "exposed_at")
    found = [(pk, family) for pk, family, exposed_at in named if exposed_at is None]
    if ring_is_incomplete():
        raise KeyRingIncomplete
    if found:
        with transaction.atomic():
            ids, families = [pk for pk, _family in found], {family for _pk, family in found if family}
            lock_rows(ReferenceToken.objects.filter(Q(pk__in=ids) | Q(family__in=families)))
            expose(ids, report, actor=actor, reported=reported)


def expose(ids: list[uuid.UUID], report: LeakReport, *, actor: Actor, reported: int) -> None:
    """Mark and revoke those of these tokens, which are locked, that no report named before; all are told of it."""
    now, about = report.received_at, {"leak_report": str(report.pk)}
    exposed = list(ReferenceToken.objects.filter(pk__in=ids, exposed_at=None).values_list("pk", flat=True))
    if not exposed:
        # Another report of the same tokens came in between.
        return
    report.save()
    tokens = ReferenceToken.objects.filter(pk__in=exposed)
    tokens.update(exposed_at=now, leak_report=report)
    note_exposure(tokens, cause=report.pk, now=now)
    reason = Reason(shortened(report.place, MAXIMUM_REASON_LENGTH), ReasonCode.EXPOSED)
    with_old_values = with_old_values_of(tokens, old_values_of(tokens, now))
    count = revoke_tokens(actor=actor, tokens=with_old_values, chosen_by=about, now=now, reason=reason)
    details = {"origin": str(report.origin), "place": report.place, "reported": reported, "found": len(exposed)}
    target = Target("leak_report", str(report.pk))
    record_event(actor, "leak:report", target, now=now, details=details | {"revoked": count})
