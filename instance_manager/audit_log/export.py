"""Exporting the entries that the filters of the audit log leave."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.audit.streaming.export import LOG_FORMATS, exported_entries, record_export
from accounts.http import SignedInRequest, actor_of
from accounts.limits.concurrency import ConcurrencyLimit, StreamInSlot
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import audit_log_url
from instance_manager.audit_log.forms import LogFilterForm
from reference_tokens.lists.search import without_token_in_search
from reference_tokens.log.filters import event_filters

# An export reads for minutes where there are many entries: one at a time in each process, and nobody waits for it.
EXPORTING = ConcurrencyLimit(1, wait_seconds=0)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@without_token_in_search
@recent_sign_in_required
def log_export(request: SignedInRequest) -> HttpResponse:
    """The file, which is sent as it is read. A POST, since it is recorded; else, after a confirmation, the log."""
    if request.method != "POST":
        if request.GET.get("format"):
            messages.info(request, _("You confirmed it is you. Start the export again."))
        return HttpResponseRedirect(audit_log_url(**LogFilterForm(request.GET).filters.parameters))
    form, file_format, now = LogFilterForm(request.POST), request.POST.get("format", ""), timezone.now()
    if form.errors or file_format not in LOG_FORMATS:
        messages.warning(request, _("Nothing was exported: the filters are not valid."))
        return HttpResponseRedirect(audit_log_url())
    content_type, ending, lines = LOG_FORMATS[file_format]
    held = StreamInSlot(EXPORTING, lines(exported_entries(event_filters(form.filters, form.named))))
    actor = actor_of(request, Source.MANAGE)
    record_export(actor=actor, chosen_by=form.filters.parameters, file_format=file_format, now=now)
    name = f"audit-log-{now:%Y-%m-%d}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    streamed = StreamingHttpResponse(held, content_type=content_type, headers=headers)
    # The decorators speak of whole answers; what they do to one holds for one that is sent bit by bit.
    return cast("HttpResponse", streamed)
