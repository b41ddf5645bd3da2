"""What is to be looked after among Resource Servers: the states that their list can be narrowed to, and Home counts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from reference_tokens.models import AnswerCount, ResourceServer
from reference_tokens.usage.history import utc_day

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

SILENCE = timedelta(days=30)
# Of a week at least so many answers were refusals, and at least one of so many.
REFUSED_DAYS = 7
MANY_REFUSALS = 20
ONE_REFUSED_OF = 10


class ServerState(models.TextChoices):
    """The states of Resource Servers that a list can be narrowed to; of disabled ones nothing else is said."""

    SILENT = "silent", _("Silent for 30 days")
    OFTEN_REFUSED = "often-refused", _("Often refused")
    DISABLED = "disabled", pgettext_lazy("Resource Server", "Disabled")


def servers_in_state(state: str, now: datetime) -> QuerySet[ResourceServer]:
    """The Resource Servers in this state; all of them where it is empty or unknown."""
    servers = ResourceServer.objects.all()
    if state == ServerState.SILENT:
        before = now - SILENCE
        is_silent = Q(last_asked_at=None, created_at__lte=before) | Q(last_asked_at__lte=before)
        return servers.filter(is_silent, is_enabled=True)
    if state == ServerState.OFTEN_REFUSED:
        return servers.filter(client_id__in=often_refused(now), is_enabled=True)
    if state == ServerState.DISABLED:
        return servers.filter(is_enabled=False)
    return servers


def often_refused(now: datetime) -> QuerySet[AnswerCount, Any]:
    """The client ids of those that heard "no" remarkably often in the last seven days, today included."""
    last = utc_day(now)
    answers = AnswerCount.objects.filter(day__gt=last - timedelta(days=REFUSED_DAYS), day__lte=last)
    numbers = answers.values("client_id").annotate(
        given=Sum("count"), refused=Sum("count", filter=~Q(outcome=AnswerCount.ACCEPTED), default=0)
    )
    return (
        numbers.filter(refused__gte=MANY_REFUSALS, given__lte=F("refused") * ONE_REFUSED_OF)
        .order_by()
        .values("client_id")
    )
