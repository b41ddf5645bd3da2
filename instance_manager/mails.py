"""The mails that wait although they should have been sent long ago, and what to do about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.outbox.delivery import waiting_long
from accounts.sign_in.decorators import administrator_required
from instance_manager.addresses import user_url
from instance_manager.pages import MANAGE
from reference_tokens.lists.capped_count import COUNT_LIMIT, capped_count
from reference_tokens.models import Notice
from reference_tokens.notices.outbox import KIND as TOKEN_NOTICE

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.models import OutboxEntry, User

MOST_SHOWN = 50


def mails_that_wait(now: datetime) -> QuerySet[OutboxEntry]:
    """The mails that Home counts and the page lists."""
    return waiting_long(now, COUNT_LIMIT + 1)


@require_safe
@administrator_required
def waiting_mails(request: SignedInRequest) -> HttpResponse:
    """The mails that wait, the oldest first."""
    mails = mails_that_wait(timezone.now())
    count = capped_count(mails)
    context = {
        "back_url": reverse("manage:home"),
        "back_label": _("Home"),
        "mails": mail_rows(list(mails.select_related("user").order_by("pk")[:MOST_SHOWN])),
        "count_label": ngettext("%(count)s mail", "%(count)s mails", count.plural) % {"count": count},
        "has_more": count.plural > MOST_SHOWN,
        "most_shown": MOST_SHOWN,
    }
    return MANAGE.page(request, "instance_manager/waiting_mails.html", context)


def mail_rows(entries: list[OutboxEntry]) -> list[dict[str, Any]]:
    """The mails as the page lists them, each with its subject and its recipient where these are known."""
    about_tokens = [entry.reference or 0 for entry in entries if entry.kind == TOKEN_NOTICE]
    notices = Notice.objects.select_related("recipient").in_bulk(about_tokens)
    return [mail_row(entry, notices.get(entry.reference or 0)) for entry in entries]


def mail_row(entry: OutboxEntry, notice: Notice | None) -> dict[str, Any]:
    """A mail as the page lists it; what an account's mail says is sealed."""
    recipient: User | None = notice.recipient if notice else entry.user
    return {
        "id": entry.pk,
        "about": notice.get_kind_display() if notice else _("Account"),
        "is_about_tokens": notice is not None,
        "recipient": recipient.name_beside_others if recipient else "",
        "recipient_url": user_url(recipient.pk) if recipient else "",
        "created_at": entry.created_at,
        "attempts": entry.attempts,
        "due_at": entry.due_at,
        "expires_at": entry.expires_at,
    }
