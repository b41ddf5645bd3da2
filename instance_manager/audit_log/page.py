"""Security → Audit log: what happened, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.audit.queries import EventPage, event_page, found_by
from accounts.audit.sentences import told_events
from accounts.database.replica import read_from_replica
from accounts.http import SignedInRequest
from accounts.sign_in.decorators import administrator_required
from accounts.text.row_files import LABELS
from instance_manager.addresses import audit_log_url
from instance_manager.audit_log.forms import LogFilterForm
from instance_manager.audit_log.found import applications_as_links, people_as_links
from instance_manager.pages import MANAGE
from reference_tokens.lists.capped_count import MANY, capped, capped_count
from reference_tokens.lists.in_time import rows_in_time
from reference_tokens.lists.search import without_token_in_search
from reference_tokens.lists.section import misread_banner
from reference_tokens.log.filters import LogFilters, applications_meant, event_filters, people_meant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.audit.queries import EventFilters
    from reference_tokens.lists.capped_count import CappedCount
    from reference_tokens.lists.filtering.offered import FoundLinks

LONGEST_NUMBER = 18


@require_safe
@without_token_in_search
@administrator_required
def audit_log(request: SignedInRequest) -> HttpResponse:
    """The entries that the filters of the address leave, fifty a page."""
    form = LogFilterForm(request.GET)
    context = {
        **log_section(form, request.GET),
        "find_url": reverse("manage:audit_log_find"),
        "export": {
            "url": reverse("manage:audit_log_export"),
            "fields": form.filters.hidden_fields,
            "formats": [*LABELS.items(), ("ocsf", "OCSF")],
        },
    }
    return MANAGE.page(request, "instance_manager/audit_log.html", context)


@require_safe
@administrator_required
@without_token_in_search
def person_choices(request: SignedInRequest) -> HttpResponse:
    """The people that the words find, as the filter offers them: twenty at the most."""
    text = words_in(request, "person")
    return choices(request, "person", people_as_links(people_meant(text) if text else [], filters_of(request)))


@require_safe
@administrator_required
@without_token_in_search
def application_choices(request: SignedInRequest) -> HttpResponse:
    """The applications that the words find, in the same way."""
    text = words_in(request, "application")
    found = applications_as_links(applications_meant(text) if text else [], filters_of(request))
    return choices(request, "application", found)


def filters_of(request: SignedInRequest) -> LogFilters:
    """The filters of the list that the choices are for."""
    return LogFilterForm(request.GET).filters


def words_in(request: SignedInRequest, name: str) -> str:
    """What was typed so far; PostgreSQL takes no NUL, and no name has one."""
    return request.GET.get(name, "").replace("\0", "").strip()


def choices(request: SignedInRequest, name: str, found: FoundLinks) -> HttpResponse:
    """Links to the list narrowed to each of these, and how many were found."""
    said = found.said or (_("Nothing was found.") if words_in(request, name) else "")
    return MANAGE.page(request, "partials/filter_links_answer.html", {"found": found.found, "said": said, "name": name})


def log_section(form: LogFilterForm, query: Mapping[str, str]) -> dict[str, Any]:
    """The list of entries with its filters, its count and its pages."""
    asked = event_filters(form.filters, form.named)
    position = {name: number_in(query.get(name, "")) for name in ("after", "before")}

    def rows_and_count() -> tuple[EventPage | None, CappedCount]:
        read = rows_in_time(lambda: event_page(asked, **position))
        return read, count_of(asked, read)

    read, count = read_from_replica(rows_and_count)
    page = read or EventPage([], None, None)
    text = _("Narrow it down: choose a person, a token or an action, or a shorter time.")
    return {
        "filters": form,
        "events": told_events(page.events),
        "count_label": label_of(count),
        "takes_too_long": "" if read else text,
        "is_filtered": bool(form.chips),
        "clear_url": audit_log_url(),
        "banner": misread_banner(form) if form.errors else None,
        "page": {
            "newer_url": form.filters.url(before=str(page.newer)) if page.newer else "",
            "older_url": form.filters.url(after=str(page.older)) if page.older else "",
        },
    }


def number_in(text: str) -> int | None:
    """The number of an entry that an address names; None for none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER else None


def count_of(asked: EventFilters, page: EventPage | None) -> CappedCount:
    """How many entries the filters leave, as far as that is counted in time."""
    if page is None:
        return MANY
    is_all = page.newer is None and page.older is None
    return capped(len(page.events)) if is_all else capped_count(found_by(asked))


def label_of(count: CappedCount) -> str:
    """So many entries, as the list says it."""
    return ngettext("%(count)s entry", "%(count)s entries", count.plural) % {"count": count}
