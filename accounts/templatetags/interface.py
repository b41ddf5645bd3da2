"""Template filters of the interface: times in words and exact, and the errors of a form."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from django import template
from django.forms import Field
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext

from accounts.text.languages import date_in_words
from accounts.text.secrets import address_without_secrets

if TYPE_CHECKING:
    from django.forms import BaseForm, BoundField

register = template.Library()

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def _amount(seconds: int) -> str:
    """The largest whole unit that still tells something, as in "12 minutes" or "5 days"."""
    if seconds < HOUR:
        count = max(seconds // MINUTE, 1)
        return ngettext("%(count)d minute", "%(count)d minutes", count) % {"count": count}
    if seconds < 2 * DAY:
        count = seconds // HOUR
        return ngettext("%(count)d hour", "%(count)d hours", count) % {"count": count}
    if seconds < 100 * DAY:
        count = seconds // DAY
        # In German "in 5 Tagen", while a choice says "5 Tage".
        return npgettext("in or ago", "%(count)d day", "%(count)d days", count) % {"count": count}
    if seconds < 730 * DAY:
        count = seconds // (30 * DAY)
        return ngettext("%(count)d month", "%(count)d months", count) % {"count": count}
    count = seconds // (365 * DAY)
    return ngettext("%(count)d year", "%(count)d years", count) % {"count": count}


@register.filter
def without_secrets(address: str) -> str:
    """The address, without the parts that hold a secret (T37)."""
    return address_without_secrets(address)


@register.filter
def relative(value: datetime | None) -> str:
    """How far away an instant is: "in 30 days", "12 minutes ago", "just now"; empty for nothing."""
    if value is None or value == "":
        return ""
    seconds = int((value - timezone.now()).total_seconds())
    if abs(seconds) < MINUTE:
        return _("in less than a minute") if seconds > 0 else _("just now")
    # Half an hour of grace, so that a token of 30 days reads "in 30 days" right after its issue.
    if seconds > DAY:
        return _("in %(amount)s") % {"amount": _amount(seconds + HOUR // 2)}
    if seconds > 0:
        return _("in %(amount)s") % {"amount": _amount(seconds)}
    if DAY <= -seconds < 2 * DAY:
        # "yesterday" follows the reader's calendar: it may be almost two days ago.
        days = (timezone.localdate() - timezone.localdate(value)).days
        return _("yesterday") if days == 1 else _("%(amount)s ago") % {"amount": _amount(max(-seconds, days * DAY))}
    return _("%(amount)s ago") % {"amount": _amount(-seconds)}


@register.filter
def day(value: datetime) -> str:
    """The date of an instant in the reader's zone, as in "23 Dec 2026"."""
    return date_in_words(timezone.localtime(value))


@register.filter
def in_words(value: date) -> str:
    """A date as it is, as in "23 Dec 2026"."""
    return date_in_words(value)


@register.filter
def exact(value: datetime | None, precision: str = "seconds") -> str:
    """An instant in the reader's zone, which is named, with UTC beside it where the two differ; empty for nothing."""
    if not value:
        return ""
    local = timezone.localtime(value)
    here = f"{date_in_words(local)}, {local.time().isoformat(precision)}"
    if not local.utcoffset():
        return f"{here} UTC"
    there = value.astimezone(UTC)
    everywhere = f"{date_in_words(there)}, {there.time().isoformat(precision)} UTC"
    return f"{here} {timezone.get_current_timezone_name()} ({everywhere})"


@register.filter
def naming(error: str, field: BoundField) -> str:
    """The error of a field as a line of the summary; it names the field where the words do not tell which."""
    all_errors = [one for errors in field.form.errors.values() for one in errors]
    is_clear = all_errors.count(error) == 1 and error != Field.default_error_messages["required"]
    return error if is_clear else _("%(field)s: %(error)s") % {"field": field.label, "error": error}


@register.filter
def fields_at_fault(form: BaseForm) -> int:
    """How many fields of a form are to be corrected by whoever fills it in; none where the fault is of no field."""
    return sum(1 for field in form if field.errors and not field.is_hidden)
